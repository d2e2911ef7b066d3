import { Outlet } from "react-router";
import { UploadCurtain } from "@/features/upload/UploadCurtain";
import { UploadDock } from "@/features/upload/UploadDock";
import { ConnectionNotice } from "./ConnectionNotice";
import { HelpSheet } from "./HelpSheet";
import styles from "./Shell.module.css";
import { TopBar } from "./TopBar";

export function Shell() {
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main">
        Skip to content
      </a>
      <TopBar />
      <ConnectionNotice />
      <main id="main" className={styles.main}>
        <Outlet />
      </main>
      <UploadDock />
      <UploadCurtain />
      <HelpSheet />
    </div>
  );
}
