import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { parseCrop, temporaryKey } from '../../lambda/contract.ts';
import { read } from '../database/tables.ts';
import { PublicError } from '../errors.ts';
import type { Bucket } from './bucket.ts';
import type { ImageApi } from './image-api.ts';
import type { Photo } from './photo.ts';
import { makeExpired, makeFailed, makeReady } from './settle.ts';

/** Seconds after a form has expired in which its event may still be on the way. */
const EVENT_SLACK = 60;

/** Seconds after which nothing works on a photo any more: gateway and function end within 31. */
const DEAD_AFTER = 5 * 60;
