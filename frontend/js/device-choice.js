/** Decide which microphone to open. Pure. */

/** @typedef {{ deviceId: string, label: string }} Device */

/** What stands for whichever microphone the browser prefers. */
export const ANY_DEVICE = "";

// Chrome lists its preferred devices a second time under these names.
const ALIASES = new Set(["default", "communications"]);

/**
 * Give the microphones to choose from: those that have a name yet, each once.
 * @param {readonly { kind: string, deviceId: string, label: string }[]} devices as the browser lists them
 * @returns {Device[]}
 */
export function microphonesAmong(devices) {
  return devices
    .filter(({ kind, deviceId, label }) => kind === "audioinput" && deviceId !== "" && label !== "" && !ALIASES.has(deviceId))
    .map(({ deviceId, label }) => ({ deviceId, label }));
}

/**
 * Find the microphone that was chosen before: by its id, which browsers change at times, else by its name.
 * @param {readonly Device[]} devices
 * @param {Device} wanted
 * @returns {string} its id, or ANY_DEVICE
 */
export function rememberedDevice(devices, wanted) {
  const sameId = devices.find(({ deviceId }) => deviceId === wanted.deviceId);
  const sameName = devices.find(({ label }) => label !== "" && label === wanted.label);
  return (sameId ?? sameName)?.deviceId ?? ANY_DEVICE;
}

/**
 * Order the microphones to try after one was lost: those that are still there, the lost one last, as it may be
 * listed still and only be held by another program.
 * @param {readonly Device[]} devices
 * @param {string} lostId
 * @returns {Device[]}
 */
export function devicesAfter(devices, lostId) {
  const others = devices.filter(({ deviceId }) => deviceId !== lostId);
  return [...others, ...devices.filter(({ deviceId }) => deviceId === lostId)];
}
