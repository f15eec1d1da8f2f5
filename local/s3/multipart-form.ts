import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import busboy from 'busboy';
import { S3Error } from './error.ts';

/** S3's limit for the fields before the file. */
const MAX_FIELD_BYTES = 20 * 1024;

/** By lowercase name. */
export type Fields = ReadonlyMap<string, string>;

interface FormHead {
  /** Fields before the file, with `${filename}` replaced. */
  fields: Fields;
  file: Readable;
}

export interface Form {
  /** Resolves when the file begins; the file is not read until it is consumed. */
  head: Promise<FormHead>;
  /** Resolves when the form was complete; settles after the file has been read. */
  end: Promise<void>;
  /** Discards the rest, so that a client that is still sending can read the response. */
  discard(): void;
}

/** Parses a browser's form while it arrives, as S3 does: everything after the file is ignored, except for a second file. */
export function readForm(request: IncomingMessage): Form {
  const parser = openParser(request);
  const head = Promise.withResolvers<FormHead>();
  const fields = new Map<string, string>();
  let files = 0;
  let bytes = 0;

  function refuse(error: S3Error) {
    head.reject(error);
    parser.destroy(error);
  }

  function addField(name: string | undefined, value: string) {
    if (files > 0) return;
    bytes += Buffer.byteLength(`${name}${value}`);
    const key = name?.toLowerCase() ?? '';
    if (bytes > MAX_FIELD_BYTES) refuse(tooManyBytes());
    else if (key === '' || fields.has(key)) refuse(malformed());
    else fields.set(key, value);
  }

  parser.on('field', addField);
  parser.on('file', (name: string | undefined, file, { filename = '' }) => {
    // Without a listener a truncated file would end the process.
    file.on('error', () => {});
    if (name?.toLowerCase() !== 'file') {
      addField(name, '');
      file.resume();
      return;
    }
    files += 1;
    if (files > 1) refuse(notOneFile(files));
    else head.resolve({ fields: fillIn(fields, filename), file });
  });

  parser.on('error', (error) => refuse(asRefusal(error)));
  const end = finished(parser).then(
    () => head.reject(notOneFile(0)),
    (error) => Promise.reject(asRefusal(error)),
  );
  // Callers that reject the fields do not await the end.
  end.catch(() => {});
  request.once('close', () => request.complete || refuse(malformed()));
  request.pipe(parser);

  return {
    head: head.promise,
    end,
    discard() {
      request.unpipe(parser).resume();
      parser.destroy();
    },
  };
}

function openParser({ headers }: IncomingMessage) {
  if (!/^multipart\/form-data\s*;/i.test(headers['content-type'] ?? '')) {
    throw new S3Error(
      'PreconditionFailed',
      'At least one of the pre-conditions you specified did not hold',
      { Condition: 'Bucket POST must be of the enclosure-type multipart/form-data' },
    );
  }
  try {
    // One more than is rejected, so that nothing is truncated silently.
    const limits = { fieldSize: MAX_FIELD_BYTES + 1 };
    return busboy({ headers, limits, defParamCharset: 'utf8' });
  } catch {
    throw malformed();
  }
}

const fillIn = (fields: Map<string, string>, filename: string) =>
  new Map(
    [...fields].map(([name, value]) => [name, value.replace(/\$\{filename\}/g, () => filename)]),
  );

const asRefusal = (error: unknown) => (error instanceof S3Error ? error : malformed());

const malformed = () =>
  new S3Error(
    'MalformedPOSTRequest',
    'The body of your POST request is not well-formed multipart/form-data.',
  );

const tooManyBytes = () =>
  new S3Error(
    'MaxPostPreDataLengthExceeded',
    'Your POST request fields preceding the upload file were too large.',
  );

const notOneFile = (count: number) =>
  new S3Error('InvalidArgument', 'POST requires exactly one file upload per request.', {
    ArgumentName: 'file',
    ArgumentValue: count,
  });
