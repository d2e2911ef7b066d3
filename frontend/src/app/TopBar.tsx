import { CircleHelp, KeyRound, LogOut, ShieldCheck, UserRound } from "lucide-react";
import { NavLink, useNavigate } from "react-router";
import { signOut } from "@/api/account";
import { useMe } from "@/api/me";
import type { Action } from "@/api/types";
import { IconButton } from "@/ui/Button";
import { cx } from "@/ui/cx";
import { Menu, MenuItem, MenuSeparator } from "@/ui/Menu";
import { ConnectionDot } from "./ConnectionDot";
import { openHelp } from "./help";
import styles from "./TopBar.module.css";

/** The pages of the application, each for those who may do what it needs. */
const PAGES: readonly { to: string; title: string; needs?: Action }[] = [
  { to: "/", title: "Studies" },
  { to: "/jobs", title: "Jobs" },
  { to: "/models", title: "Models", needs: "pipeline.view" },
  { to: "/evaluations", title: "Evaluations", needs: "evaluation.view" },
];

function Logo() {
  return (
    <svg className={styles.logo} viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="16" cy="16" r="10" fill="none" stroke="currentColor" strokeWidth="2" />
      <path d="M16 2v28M2 16h28" stroke="currentColor" strokeWidth="1.4" strokeOpacity=".5" />
      <circle cx="16" cy="16" r="3" fill="var(--caution)" />
    </svg>
  );
}

function UserMenu() {
  const navigate = useNavigate();
  const { data: me } = useMe();
  const name = me?.display_name || me?.username || "";
  const manages = me?.roles.includes("administrator") ?? false;
  return (
    <Menu
      trigger={
        <button type="button" className={styles.user} aria-label={`Account: ${name}`}>
          <span className={styles.avatar} aria-hidden>
            {name.slice(0, 1).toUpperCase() || <UserRound />}
          </span>
        </button>
      }
      heading={
        <>
          <strong>{name}</strong>
          <div className={styles.roles}>{me?.roles.join(", ")}</div>
        </>
      }
    >
      <MenuItem icon={<KeyRound />} onSelect={() => navigate("/settings/tokens")}>
        API tokens
      </MenuItem>
      {manages && (
        <MenuItem icon={<ShieldCheck />} onSelect={() => window.location.assign("/admin/")}>
          Administration
        </MenuItem>
      )}
      <MenuItem icon={<CircleHelp />} onSelect={openHelp}>
        Keyboard and help
      </MenuItem>
      <MenuSeparator />
      <MenuItem icon={<LogOut />} onSelect={signOut}>
        Sign out
      </MenuItem>
    </Menu>
  );
}

export function TopBar() {
  const { data: me } = useMe();
  const shown = PAGES.filter(({ needs }) => !needs || me?.permissions.includes(needs));
  return (
    <header className={styles.bar}>
      <NavLink to="/" className={cx(styles.brand)} aria-label="Synoptic, to the studies">
        <Logo />
        Synoptic
      </NavLink>
      <nav aria-label="Pages" className={styles.nav}>
        {shown.map(({ to, title }) => (
          <NavLink
            key={to}
            to={to}
            end={to === "/"}
            className={({ isActive }) => cx(styles.link, isActive && styles.active)}
          >
            {title}
          </NavLink>
        ))}
      </nav>
      <div className={styles.right}>
        <span className={styles.use}>Research use – not for diagnosis</span>
        <ConnectionDot />
        <IconButton label="Keyboard and help (?)" onClick={openHelp}>
          <CircleHelp />
        </IconButton>
        <UserMenu />
      </div>
    </header>
  );
}
