import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import busboy from 'busboy';
import { S3Error } from './error.ts';

/** Bytes of fields that S3 reads before the file. */
const MAX_FIELD_BYTES = 20 * 1024;

/** By names in lower case. */
export type Fields = ReadonlyMap<string, string>;

interface FormHead {
  /** What comes before the file; `${filename}` is filled in. */
  fields: Fields;
  file: Readable;
}

export interface Form {
  /** The fields, as soon as the file begins; the file waits until it is read. */
  head: Promise<FormHead>;
  /** Whether the form was whole: known when the file has been read. */
  end: Promise<void>;
  /** Reads on to nowhere: whoever still sends can hear the answer. */
  abandon(): void;
}

/** Takes a browser's form apart while it arrives, as S3 does: what follows the file is ignored, but for a second file. */
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
    // Without a listener a file that is cut off would end the process.
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
  // Whoever stops at a bad head does not wait for the end.
  end.catch(() => {});
  request.once('close', () => request.complete || refuse(malformed()));
  request.pipe(parser);

  return {
    head: head.promise,
    end,
    abandon() {
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
    // Longer by one than what is refused: nothing is cut short unseen.
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
