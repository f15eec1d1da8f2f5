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
import { policy, type Statement, trustPolicy, writeLog } from '../iam/policy.ts';
import type { StoredArtifact } from './release.ts';

type FunctionEnv = Partial<Record<(typeof FUNCTION_ENV)[number], Input<string>>>;

export interface ImageFunctionArgs {
  /** Exported handler of the zip. */
  entry: 'http' | 'queue';
  code: StoredArtifact;
  timeoutS: number;
  stack: StackConfig;
  photoBucket: Input<string>;
  /** Environment beyond the stack config. */
  env?: FunctionEnv;
  /** Statements of its role, beyond writing its log. */
  statements: Statement[];
}

/** One of the two image functions, with its own role and log group. */
export class ImageFunction extends ComponentResource {
  readonly function: LambdaFunction;
  readonly logGroup: Output<string>;

  constructor(name: string, args: ImageFunctionArgs, options: ComponentResourceOptions) {
    super('portrait:aws:ImageFunction', name, {}, options);
    const parent = { parent: this };
    const { entry, code, timeoutS, stack, statements } = args;

    const log = new LogGroup(
      name,
      { name: `/${getProject()}/${getStack()}/function-${entry}`, retentionInDays: stack.logDays },
      parent,
    );
    const role = new Role(name, { assumeRolePolicy: trustPolicy('lambda.amazonaws.com') }, parent);
    const rolePolicy = new RolePolicy(
      name,
      { role: role.id, policy: policy(writeLog(log.arn), ...statements) },
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
        timeout: timeoutS,
        memorySize: stack.functionMemory,
        loggingConfig: { logFormat: 'Text', logGroup: log.name },
        environment: { variables: environmentOf(args) },
      },
      // Without its permissions the function would fail on the first photos.
      { parent: this, dependsOn: [rolePolicy] },
    );
    this.logGroup = log.name;
    this.registerOutputs();
  }
}

const environmentOf = ({ photoBucket, stack, env }: ImageFunctionArgs): FunctionEnv => ({
  PHOTO_BUCKET: photoBucket,
  IMAGE_FOLDER: stack.imageFolder,
  TEMPORARY_IMAGE_PATH: stack.temporaryFolder,
  THUMB_DIMENSIONS: stack.sizes.join(','),
  FORMATS: stack.formats.join(','),
  BLUR: String(stack.blur),
  BLUR_RADIUS: String(stack.blurRadius),
  MAX_UPLOAD_BYTES: String(stack.maxUploadBytes),
  MAX_PIXELS: String(stack.maxPixels),
  ...(stack.otlpEndpoint && { OTEL_EXPORTER_OTLP_ENDPOINT: stack.otlpEndpoint }),
  ...(stack.otlpHeaders && { OTEL_EXPORTER_OTLP_HEADERS: secret(stack.otlpHeaders) }),
  ...env,
  ...PROCESS_ENV,
});
