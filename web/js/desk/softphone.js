// The telephone in the browser: SIP over WebSocket, one call at a time.

import { UA, WebSocketInterface } from "jssip";

const REGISTER_SECONDS = 120;
const RING_BACK_MS = 30000;
const AGREED_MS = 100;
const GATHER_MS = 2000;

/**
 * Events: `change` (look at `state`), `registered`, `trouble` (detail: a text's key).
 * `credentials()` gives `{url, user, password, ice_servers}`, or throws.
 */
export class Softphone extends EventTarget {
  #ua = null;
  #session = null;
  #credentials;
  #ice = [];
  #audio;
  #answerUntil = 0;
  #pause = 1000;
  #retry = null;
  #turn = null;

  constructor(credentials, audio) {
    super();
    this.#credentials = credentials;
    this.#audio = audio;
    this.registered = false;
    this.muted = false;
    this.held = false;
    this.answering = false;
    navigator.mediaDevices?.addEventListener("devicechange", () => this.#devicesChanged());
  }

  /** none, ringing, talking */
  get state() {
    if (!this.#session) return "none";
    return this.#session.isEstablished() ? "talking" : "ringing";
  }

  get calls() {
    return this.#session ? 1 : 0;
  }

  /** Ask for a password and register; again, after growing pauses, when that fails. */
  async start() {
    clearTimeout(this.#retry);
    try {
      const given = await this.#credentials();
      this.#ice = given.ice_servers;
      this.#register(given);
    } catch {
      this.#later();
    }
  }

  /** The network was gone: a dead connection is noticed by using it. */
  prove() {
    if (this.#ua?.isConnected()) this.#ua.register();
  }

  stop() {
    clearTimeout(this.#retry);
    if (!this.#ua) return;
    this.#ua.stop();
    this.#ua = null;
    this.#set({ registered: false });
  }

  /** Is there a microphone that we may use? */
  async tryMicrophone() {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      for (const track of stream.getTracks()) track.stop();
      return true;
    } catch {
      this.#trouble("microphone");
      return false;
    }
  }

  /** The next call is one that we have asked for: answered by itself. */
  expect() {
    this.#answerUntil = Date.now() + RING_BACK_MS;
    if (this.state === "ringing") this.answer();
  }

  answer() {
    if (this.state !== "ringing" || this.answering) return;
    this.#set({ answering: true });
    this.#session.answer({
      mediaConstraints: { audio: { echoCancellation: true, noiseSuppression: true }, video: false },
      pcConfig: { iceServers: this.#ice },
    });
  }

  hangUp() {
    this.#session?.terminate();
  }

  /** The server knows of no call any more: end what is left of it here. */
  drop() {
    const session = this.#session;
    this.#over(session);
    try {
      session?.terminate();
    } catch {
      // It had ended.
    }
  }

  mute(on) {
    if (this.state !== "talking") return;
    if (on) this.#session.mute({ audio: true });
    else this.#session.unmute({ audio: true });
    this.#set({ muted: on });
  }

  hold(on) {
    if (this.state === "talking") this.#holding(this.#session, on);
  }

  /** While the last change is still being agreed on, the telephone takes no other: it waits. */
  #holding(session, on) {
    clearTimeout(this.#turn);
    if (session !== this.#session || session.isOnHold().local === on) return;
    const taken = on ? session.hold() : session.unhold();
    if (!taken) this.#turn = setTimeout(() => this.#holding(session, on), AGREED_MS);
  }

  #register({ url, user, password }) {
    if (this.#ua) {
      // A call may be up, which a new telephone would end: this one goes on, with the new password.
      this.#ua.set("password", password);
      if (this.#ua.isConnected()) this.#ua.register(); // else it will, when it is connected again
      return;
    }
    const ua = new UA({
      sockets: [new WebSocketInterface(url)],
      uri: `sip:${user}@${new URL(url).hostname}`,
      password,
      register_expires: REGISTER_SECONDS,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 3,
      user_agent: "Helpline desk",
    });
    this.#ua = ua;
    ua.on("registered", () => {
      this.#pause = 1000;
      this.#set({ registered: true });
      this.dispatchEvent(new Event("registered"));
    });
    ua.on("unregistered", () => this.#set({ registered: false }));
    ua.on("disconnected", () => this.#set({ registered: false }));
    ua.on("registrationFailed", () => {
      this.#set({ registered: false });
      if (ua === this.#ua && ua.isConnected()) this.#later(); // the password is void: another one
    });
    ua.on("newRTCSession", ({ session, originator }) => this.#incoming(session, originator));
    ua.start();
  }

  #later() {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.start(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, 16000);
  }

  #incoming(session, originator) {
    if (originator !== "remote") return;
    const expected = Date.now() < this.#answerUntil;
    if (this.#session && !expected) {
      session.terminate({ status_code: 486 });
      return;
    }
    if (this.#session) this.drop();
    this.#session = session;
    this.#set({ muted: false, held: false, answering: false });
    session.on("peerconnection", ({ peerconnection }) => this.#hear(peerconnection));
    // A TURN server that does not answer holds no call up: the ways found until then must do.
    session.on("icecandidate", ({ ready }) => setTimeout(ready, GATHER_MS));
    session.on("confirmed", () => this.#set({}));
    session.on("accepted", () => this.#set({}));
    session.on("hold", () => this.#set({ held: session.isOnHold().local }));
    session.on("unhold", () => this.#set({ held: session.isOnHold().local }));
    session.on("getusermediafailed", () => this.#trouble("microphone"));
    session.on("ended", () => this.#over(session));
    session.on("failed", () => this.#over(session));
    if (expected) {
      this.#answerUntil = 0;
      this.answer();
    }
  }

  #hear(connection) {
    connection.addEventListener("track", ({ streams, track }) => {
      this.#audio.srcObject = streams[0] ?? new MediaStream([track]);
      this.#audio.play()?.catch(() => this.#trouble("sound"));
    });
    connection.addEventListener("connectionstatechange", () => {
      if (connection.connectionState === "failed") this.#trouble("media");
    });
  }

  #over(session) {
    if (!session || session !== this.#session) return;
    this.#session = null;
    this.#audio.srcObject = null;
    this.#set({ muted: false, held: false, answering: false });
  }

  /** The headset was pulled out, or another was put in: the call goes on with what is there. */
  async #devicesChanged() {
    const connection = this.#session?.connection;
    const sender = connection?.getSenders().find((one) => one.track?.kind === "audio");
    if (!sender || sender.track.readyState === "live") return;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const [track] = stream.getAudioTracks();
      track.enabled = !this.muted;
      await sender.replaceTrack(track);
      this.#trouble("");
    } catch {
      this.#trouble("microphone");
    }
  }

  #trouble(key) {
    this.dispatchEvent(new CustomEvent("trouble", { detail: key }));
  }

  #set(changes) {
    Object.assign(this, changes);
    this.dispatchEvent(new Event("change"));
  }
}
