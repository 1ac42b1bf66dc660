/** The id of local chains. Never a real chain's: what is signed in a demo must be worthless elsewhere. */
export const CHAIN_ID = 31337;
