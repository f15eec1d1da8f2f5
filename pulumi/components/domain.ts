import { Certificate } from '@pulumi/aws/acm/certificate.js';
import { CertificateValidation } from '@pulumi/aws/acm/certificateValidation.js';
import { Record } from '@pulumi/aws/route53/record.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from '@pulumi/pulumi';
import type { StackConfig } from '../config/read.ts';

/** CloudFront takes certificates from nowhere else. */
const CERTIFICATE_REGION = 'us-east-1';

/** An own domain: its certificate, and its address records where Route 53 keeps them. */
export class Domain extends ComponentResource {
  /** Undefined without an own domain. */
  readonly certificateArn: Output<string> | undefined;
  readonly #name: string;
  readonly #stack: StackConfig;

  constructor(name: string, stack: StackConfig, options: ComponentResourceOptions) {
    super('portrait:aws:Domain', name, {}, options);
    this.#name = name;
    this.#stack = stack;
    const { domain, certificateArn, hostedZoneId } = stack;
    if (certificateArn) this.certificateArn = output(certificateArn);
    else if (domain && hostedZoneId) this.certificateArn = this.#certify(domain, hostedZoneId);
    this.registerOutputs();
  }

  /** Alias records of the domain for the CloudFront distribution, IPv4 and IPv6. */
  addAliasRecords(domainName: Output<string>, zoneId: Output<string>) {
    const { domain, hostedZoneId } = this.#stack;
    if (!domain || !hostedZoneId) return;
    for (const type of ['A', 'AAAA']) {
      new Record(
        `${this.#name}-${type}`,
        {
          name: domain,
          zoneId: hostedZoneId,
          type,
          aliases: [{ name: domainName, zoneId, evaluateTargetHealth: false }],
        },
        { parent: this },
      );
    }
  }

  #certify(domainName: string, zoneId: string): Output<string> {
    const parent = { parent: this };
    const region = CERTIFICATE_REGION;
    const certificate = new Certificate(
      this.#name,
      { region, domainName, validationMethod: 'DNS' },
      parent,
    );
    // One name, one proof.
    const proof = certificate.domainValidationOptions.apply(([option]) => ({
      name: option?.resourceRecordName ?? '',
      type: option?.resourceRecordType ?? 'CNAME',
      records: [option?.resourceRecordValue ?? ''],
    }));
    const record = new Record(
      `${this.#name}-proof`,
      { zoneId, name: proof.name, type: proof.type, records: proof.records, ttl: 300 },
      parent,
    );
    const validation = new CertificateValidation(
      this.#name,
      { region, certificateArn: certificate.arn, validationRecordFqdns: [record.fqdn] },
      parent,
    );
    return validation.certificateArn;
  }
}
