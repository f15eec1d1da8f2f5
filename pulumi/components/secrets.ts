import { randomBytes } from 'node:crypto';
import { Secret } from '@pulumi/aws/secretsmanager/secret.js';
import { SecretVersion } from '@pulumi/aws/secretsmanager/secretVersion.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  secret,
} from '@pulumi/pulumi';
import type { StackConfig } from '../config/read.ts';

/** One secret setting of the API. */
export interface SecretSetting {
  arn: Output<string>;
  /** Another value is another version. */
  versionId: Output<string>;
  value: Output<string>;
}

/** The secret settings of the API, by their names in its environment. */
export type SecretSettings = Record<
  'JWT_SECRET' | 'CALLBACK_SECRET' | 'ADMIN_PASSWORD',
  SecretSetting
> &
  Partial<Record<'JWT_SECRET_OTHER' | 'OTEL_EXPORTER_OTLP_HEADERS', SecretSetting>>;

/** Secrets in AWS Secrets Manager: as the stack says, else made up the first time and kept from then on. */
export class Secrets extends ComponentResource {
  readonly settings: SecretSettings;

  constructor(name: string, stack: StackConfig, options: ComponentResourceOptions) {
    super('portrait:aws:Secrets', name, {}, options);
    const random = (bytes: number) => randomBytes(bytes).toString('base64');

    this.settings = {
      JWT_SECRET: this.#keep(`${name}-jwt`, stack.jwtSecret, random(48)),
      CALLBACK_SECRET: this.#keep(
        `${name}-callback`,
        stack.callbackSecret.join(',') || undefined,
        `whsec_${random(32)}`,
      ),
      ADMIN_PASSWORD: this.#keep(`${name}-admin`, stack.adminPassword, random(18)),
      ...(stack.jwtSecretOther && {
        JWT_SECRET_OTHER: this.#keep(`${name}-jwt-other`, stack.jwtSecretOther),
      }),
      ...(stack.otlpHeaders && {
        OTEL_EXPORTER_OTLP_HEADERS: this.#keep(`${name}-otlp`, stack.otlpHeaders),
      }),
    };
    this.registerOutputs();
  }

  #keep(name: string, given: string | undefined, madeUp = ''): SecretSetting {
    const { id: secretId, arn } = new Secret(name, { recoveryWindowInDays: 7 }, { parent: this });
    const version = new SecretVersion(
      name,
      { secretId, secretString: secret(given ?? madeUp) },
      // What is made up is another each time the program runs: the first one counts.
      { parent: this, ignoreChanges: given === undefined ? ['secretString'] : [] },
    );
    const value = secret(version.secretString.apply((text) => text ?? ''));
    return { arn, versionId: version.versionId, value };
  }
}
