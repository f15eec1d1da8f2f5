import { LogGroup } from '@pulumi/aws/cloudwatch/logGroup.js';
import { Role } from '@pulumi/aws/iam/role.js';
import { RolePolicy } from '@pulumi/aws/iam/rolePolicy.js';
import { Function as LambdaFunction } from '@pulumi/aws/lambda/function.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  getProject,
  getStack,
  type Input,
  type Output,
  secret,
} from '@pulumi/pulumi';
import { type FUNCTION_ENV, PROCESS_ENV } from '../../contract/config/function-env.ts';
import type { StackConfig } from '../config/read.ts';
import { policy, type Statement, trust, writeLog } from '../iam/policy.ts';
import type { Stored } from './release.ts';

type FunctionEnv = Partial<Record<(typeof FUNCTION_ENV)[number], Input<string>>>;

export interface ImageFunctionArgs {
  /** Which of the two entries of the zip. */
  entry: 'http' | 'queue';
  /** The zip. */
  code: Stored;
  /** Seconds that a call may take. */
  timeout: number;
  stack: StackConfig;
  photoBucket: Input<string>;
  /** What it is told beside what the options say. */
  env?: FunctionEnv;
  /** What its role may, beside writing its log. */
  rights: Statement[];
}

/** One of the two image functions, with a role and a log of its own. */
export class ImageFunction extends ComponentResource {
  readonly function: LambdaFunction;
  readonly logGroup: Output<string>;

  constructor(name: string, args: ImageFunctionArgs, options: ComponentResourceOptions) {
    super('portrait:aws:ImageFunction', name, {}, options);
    const parent = { parent: this };
    const { entry, code, timeout, stack, rights } = args;

    const log = new LogGroup(
      name,
      { name: `/${getProject()}/${getStack()}/function-${entry}`, retentionInDays: stack.logDays },
      parent,
    );
    const role = new Role(name, { assumeRolePolicy: trust('lambda.amazonaws.com') }, parent);
    const allowed = new RolePolicy(
      name,
      { role: role.id, policy: policy(writeLog(log.arn), ...rights) },
      parent,
    );
    this.function = new LambdaFunction(
      name,
      {
        runtime: 'nodejs24.x',
        architectures: ['arm64'],
        handler: `index.${entry}`,
        s3Bucket: code.bucket,
        s3Key: code.key,
        role: role.arn,
        timeout,
        memorySize: stack.functionMemory,
        loggingConfig: { logFormat: 'Text', logGroup: log.name },
        environment: { variables: { ...pictureEnv(stack), ...tracingEnv(stack), ...ownEnv(args) } },
      },
      // A function that may not do its work yet would fail the first photos.
      { parent: this, dependsOn: [allowed] },
    );
    this.logGroup = log.name;
    this.registerOutputs();
  }
}

const pictureEnv = (stack: StackConfig): FunctionEnv => ({
  THUMB_DIMENSIONS: stack.sizes.join(','),
  FORMATS: stack.formats.join(','),
  BLUR: String(stack.blur),
  BLUR_RADIUS: String(stack.blurRadius),
  MAX_UPLOAD_BYTES: String(stack.maxUploadBytes),
  MAX_PIXELS: String(stack.maxPixels),
});

const tracingEnv = ({ otlpEndpoint, otlpHeaders }: StackConfig): FunctionEnv => ({
  ...(otlpEndpoint && { OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint }),
  ...(otlpHeaders && { OTEL_EXPORTER_OTLP_HEADERS: secret(otlpHeaders) }),
});

const ownEnv = ({ photoBucket, stack, env }: ImageFunctionArgs) => ({
  PHOTO_BUCKET: photoBucket,
  IMAGE_FOLDER: stack.imageFolder,
  TEMPORARY_IMAGE_PATH: stack.temporaryFolder,
  ...env,
  ...PROCESS_ENV,
});
