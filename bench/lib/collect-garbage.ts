import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Now and whole, of this process: for measures that what is left of earlier work would disturb. */
export const collectGarbage = runInNewContext('gc') as () => void;
