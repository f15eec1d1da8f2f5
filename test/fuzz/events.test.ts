import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryKey } from '../../contract/keys.ts';
import { readS3Event } from '../../lambda/handlers/s3-event.ts';
import { s3Event } from '../../local/s3/event.ts';
import { listenToLog } from '../lambda/support/log.ts';
import { batch, failed, openStage, type Stage } from '../lambda/support/queue.ts';
import { anyJson, anyText, checkProperty, deepen } from '../support/fuzz.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

// Keeps the function's log out of the output.
listenToLog();

const key = fc.oneof(
  // S3 keys are well-formed Unicode.
  anyText.filter((text) => text.isWellFormed()),
  fc.uuid().map((id) => temporaryKey(id)),
  fc.constant('temp/%zz'),
);

/** A valid event with one arbitrary value. */
const nearlyAnEvent = fc
  .tuple(
    key,
    anyJson,
    fc.constantFrom('eventName', 's3', 'bucket', 'object', 'key', 'name', 'none'),
  )
  .map(([key, junk, where]) => {
    const event = s3Event({ bucket: 'photos', key, size: 1, eTag: 'e', region: 'eu-central-1' });
    return JSON.stringify(
      JSON.parse(JSON.stringify(event), (name, value) => (name === where ? junk : value)),
    );
  });

const message = fc.oneof(
  anyText,
  anyJson.map((json) => JSON.stringify(json)),
  fc.array(anyJson, { maxLength: 4 }).map((Records) => JSON.stringify({ Records })),
  nearlyAnEvent,
);

test('a message is parsed into objects, or rejected with an error', () =>
  checkProperty(
    fc.property(message, (body) => {
      for (const event of eventsOf(body)) {
        expect(Object.values(event).every((text) => typeof text === 'string')).toBe(true);
      }
    }),
  ));

test('every batch gets a response, and only unreadable messages are retried', () =>
  checkProperty(
    fc.asyncProperty(fc.array(message, { maxLength: 5 }), async (bodies) => {
      const again = failed(await stage.queue(batch(...bodies.map(deepen))));

      const unreadable = bodies.flatMap((body, at) =>
        isReadable(body) ? [] : [`message-${at + 1}`],
      );
      expect(again).toEqual(unreadable);
      expect(stage.receiver.attempts).toEqual([]);
    }),
  ));

function eventsOf(body: string) {
  try {
    return readS3Event(deepen(body));
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(TypeError);
    expect(error).not.toBeInstanceOf(RangeError);
    return [];
  }
}

function isReadable(body: string) {
  try {
    readS3Event(deepen(body));
    return true;
  } catch {
    return false;
  }
}
