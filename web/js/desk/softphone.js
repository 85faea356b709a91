// The telephone in the browser: SIP over WebSocket, one call at a time.

import { UA, WebSocketInterface } from "jssip";

import { relayAnswers } from "./relay.js";

const REGISTER_SECONDS = 120;
const AGREED_MS = 100;
const GATHER_MS = 2000;
const HEADER_CALL = "X-Helpline-Call"; // as in dialplans/names.py

/**
 * Events: `change` (look at `state`), `registered`, `trouble` (detail: a text's key).
 * `credentials()` gives `{url, user, password, ice_servers, relay_only}`, or throws.
 */
export class Softphone extends EventTarget {
  #ua = null;
  #session = null;
  #asked = null;
  #credentials;
  #given = null;
  #way = true;
  #noRelay = false;
  #audio;
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
    this.rangAt = 0; // when the call that it has began to ring
    navigator.mediaDevices?.addEventListener("devicechange", () => this.#devicesChanged());
  }

  /** none, ringing, talking */
  get state() {
    if (!this.#session) return "none";
    return this.#session.isEstablished() ? "talking" : "ringing";
  }

  /** The call that it has, to be compared with later; null: none. */
  get current() {
    return this.#session;
  }

  /** Our call for which the server rings; null: it did not ask for it, a queue rings. */
  get asked() {
    return this.#asked;
  }

  get calls() {
    return this.#session ? 1 : 0;
  }

  /** Ask for a password and register; again, after growing pauses, when that fails. */
  async start() {
    clearTimeout(this.#retry);
    try {
      await this.#connect(await this.#credentials());
    } catch {
      this.#later(() => this.start());
    }
  }

  /** The network was gone: a dead connection is noticed by using it. */
  prove() {
    if (this.#ua?.isConnected()) this.#ua.register();
  }

  stop() {
    clearTimeout(this.#retry);
    this.#given = null;
    this.#relayIs(true);
    this.#unregister();
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

  async answer() {
    if (this.state !== "ringing" || this.answering) return;
    const session = this.#session;
    this.#set({ answering: true });
    if (!(await this.#way) || session !== this.#session) return;
    session.answer({
      mediaConstraints: { audio: { echoCancellation: true, noiseSuppression: true }, video: false },
      pcConfig: this.#media,
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

  /** Registered only when sound has a way: else calls would come in which nobody can speak. */
  async #connect(given) {
    this.#given = given;
    const reached = await this.#reached();
    if (given !== this.#given) return; // stopped in the meantime, or begun anew
    if (reached) this.#register(given);
    else this.#later(() => this.#connect(given));
  }

  get #media() {
    const { ice_servers, relay_only } = this.#given;
    return { iceServers: ice_servers, iceTransportPolicy: relay_only ? "relay" : "all" };
  }

  /** Has sound a way? Only where there is but one does anybody ask. */
  async #reached() {
    if (!this.#given.relay_only) return true;
    const given = this.#given;
    const reached = await relayAnswers(this.#media);
    if (given === this.#given) this.#relayIs(reached);
    return reached;
  }

  #relayIs(there) {
    if (!there) this.#trouble("relay");
    else if (this.#noRelay) this.#trouble("");
    this.#noRelay = !there;
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
    const lost = () => ua === this.#ua && this.#set({ registered: false });
    ua.on("registered", () => {
      if (ua !== this.#ua) return;
      this.#pause = 1000;
      this.#set({ registered: true });
      this.dispatchEvent(new Event("registered"));
    });
    ua.on("unregistered", lost);
    ua.on("disconnected", lost);
    ua.on("registrationFailed", () => {
      lost();
      // The password is void: another one.
      if (ua === this.#ua && ua.isConnected()) this.#later(() => this.start());
    });
    ua.on("newRTCSession", ({ session, originator, request }) => this.#incoming(session, originator, request));
    ua.start();
  }

  #unregister() {
    const ua = this.#ua;
    if (!ua) return;
    this.#ua = null; // what it still tells is not ours
    ua.stop();
    this.#set({ registered: false });
  }

  #later(again) {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(again, this.#pause);
    this.#pause = Math.min(this.#pause * 2, 16000);
  }

  #incoming(session, originator, request) {
    if (originator !== "remote") return;
    if (this.#session) {
      session.terminate({ status_code: 486 });
      return;
    }
    this.#session = session;
    this.rangAt = Date.now();
    this.#asked = request.getHeader(HEADER_CALL) ?? null;
    this.#set({ muted: false, held: false, answering: false });
    this.#way = this.#tried(session);
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
  }

  /** While it rings. Without a way for sound the queue is to give the call to somebody else. */
  async #tried(session) {
    const given = this.#given;
    if (await this.#reached()) return true;
    if (session === this.#session && given === this.#given) {
      this.#unregister(); // which refuses the call
      this.#connect(given);
    }
    return false;
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
    this.#asked = null;
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
