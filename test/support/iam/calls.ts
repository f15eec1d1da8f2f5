import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** IAM actions of each AWS SDK call and of each method of our own S3 client. */
const ACTIONS: Record<string, string[]> = {
  DELETE: ['s3:DeleteObject'],
  GET: ['s3:GetObject'],
  HEAD: ['s3:GetObject'],
  PUT: ['s3:PutObject'],
  DeleteObjectCommand: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
  DeleteObjectsCommand: ['s3:DeleteObject'],
  GetSecretValueCommand: ['secretsmanager:GetSecretValue'],
  HeadBucketCommand: ['s3:ListBucket'],
  HeadObjectCommand: ['s3:GetObject'],
  ListObjectsV2Command: ['s3:ListBucket'],
  ListObjectVersionsCommand: ['s3:ListBucketVersions'],
  // A presigned POST has the permissions of its signer.
  createPresignedPost: ['s3:PutObject'],
  paginateListObjectsV2: ['s3:ListBucket'],
  // lib-storage: multipart, aborted when a part fails.
  Upload: ['s3:PutObject', 's3:AbortMultipartUpload'],
};

/** Imports that send no request: clients, types, errors. */
const SENDS_NOTHING = /^(type |S3Client$|SecretsManagerClient$|No[A-Z]|NotFound$)|Exception$/;

/**
 * Lists the IAM actions a folder's code needs: from its imports of the AWS SDK and its own S3 requests.
 *
 * @throws for an import without an entry in `ACTIONS`
 */
export async function callsOf(folder: string): Promise<{ call: string; action: string }[]> {
  const entries = await readdir(join(ROOT, folder), { recursive: true });
  const files = entries.filter((entry) => entry.endsWith('.ts'));
  const texts = await Promise.all(files.map((file) => readFile(join(ROOT, folder, file), 'utf8')));
  const calls = texts.flatMap((text) => [...importedFromSdk(text), ...sentByUs(text)]);
  const names = calls.filter((name) => !SENDS_NOTHING.test(name));
  return [...new Set(names)].flatMap((call) => {
    const actions = ACTIONS[call];
    if (!actions) throw new Error(`${folder}/ uses ${call}: add its IAM actions to calls.ts.`);
    return actions.map((action) => ({ call, action }));
  });
}

function importedFromSdk(text: string): string[] {
  const imports = text.matchAll(
    /(?:import|const) \{([^}]+)\}\s*(?:from|= await import\()\s*'@aws-sdk\/(?:client-[\w-]+|lib-storage|s3-presigned-post)'/g,
  );
  return [...imports].flatMap(([, names = '']) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  );
}

/** `send({ method: 'GET', key })` */
const sentByUs = (text: string) =>
  [...text.matchAll(/\bsend\(\{ method: '(\w+)'/g)].map(([, method = '']) => method);
