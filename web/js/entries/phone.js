// The browser softphone's library, as one module for the pages that need it.
export { UA, WebSocketInterface, debug, C as constants } from "jssip";
