// Whether a relay takes our sound: tried before a call depends on it.

const PATIENCE_MS = 5000;

/** Does one of the TURN servers give us an address now? `configuration`: as of a call's connection. */
export async function relayAnswers(configuration) {
  const trial = new RTCPeerConnection({ ...configuration, iceTransportPolicy: "relay" });
  let timer;
  try {
    return await new Promise((resolve) => {
      timer = setTimeout(() => resolve(false), PATIENCE_MS);
      trial.addEventListener("icecandidate", ({ candidate }) => {
        if (candidate?.candidate) resolve(true);
        else if (!candidate) resolve(false); // all were asked
      });
      trial.createDataChannel("trial"); // there must be something to gather for
      trial.setLocalDescription().catch(() => resolve(false));
    });
  } finally {
    clearTimeout(timer);
    trial.close();
  }
}
