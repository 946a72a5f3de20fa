/** Name what keeps the microphone from being opened, so that the user is told what helps. Pure. */

/** @typedef {"chromium" | "firefox" | "safari" | "safari_touch" | "other"} BrowserKind */
/**
 * @typedef {"insecure" | "blocked_chromium" | "blocked_firefox" | "blocked_safari" | "blocked_safari_touch" |
 *   "blocked_other" | "dismissed" | "blocked_by_system" | "missing" | "taken" | "unknown"} Trouble
 */

/**
 * Tell browsers apart by what they have, as their names lie; only where a setting is found depends on it.
 * @param {object} scope the window
 * @returns {BrowserKind}
 */
export function browserKind(scope) {
  if ("mozInnerScreenX" in scope) return "firefox";
  if ("GestureEvent" in scope) return "ontouchend" in scope ? "safari_touch" : "safari";
  return "chrome" in scope ? "chromium" : "other";
}

/**
 * @param {{ errorName: string, permission: PermissionState | null, isSecure: boolean, browser: BrowserKind }} facts
 *   `permission` as the browser says after the failure; null: it does not say
 * @returns {Trouble}
 */
export function troubleOf({ errorName, permission, isSecure, browser }) {
  if (!isSecure) return "insecure";
  switch (errorName) {
    case "NotAllowedError":
    case "SecurityError":
      if (permission === "granted") return "blocked_by_system"; // the site may, so it is the system that does not let
      if (permission === "prompt") return "dismissed"; // the question was closed, and will be asked again
      return `blocked_${browser}`;
    case "NotFoundError":
    case "OverconstrainedError": // the one microphone that was asked for is gone
      return "missing";
    case "NotReadableError":
    case "AbortError":
      return "taken";
    default:
      return "unknown";
  }
}
