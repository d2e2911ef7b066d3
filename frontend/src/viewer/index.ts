export { StudyViewer as default } from "./StudyViewer";
