import { FileStack, FolderUp, Upload } from "lucide-react";
import { useRef } from "react";
import { Button } from "@/ui/Button";
import { Menu, MenuItem } from "@/ui/Menu";
import { fromInput } from "./collectFiles";
import { startUpload } from "./uploads";

// Every browser knows the attribute; React's types do not.
const PICKS_A_FOLDER = { webkitdirectory: "" };

export function UploadButton() {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);

  function take(input: HTMLInputElement): void {
    if (input.files) startUpload(fromInput(input.files));
    // The same files chosen again must count as a change.
    input.value = "";
  }

  return (
    <>
      <Menu
        trigger={
          <Button variant="primary" icon={<Upload />}>
            Upload
          </Button>
        }
      >
        <MenuItem icon={<FileStack />} onSelect={() => files.current?.click()}>
          Files or zip…
        </MenuItem>
        <MenuItem icon={<FolderUp />} onSelect={() => folder.current?.click()}>
          Folder…
        </MenuItem>
      </Menu>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label="Files to upload"
        onChange={(event) => take(event.target)}
      />
      <input
        ref={folder}
        type="file"
        {...PICKS_A_FOLDER}
        hidden
        aria-label="Folder to upload"
        onChange={(event) => take(event.target)}
      />
    </>
  );
}
