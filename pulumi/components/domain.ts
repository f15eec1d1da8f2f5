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

/** CloudFront accepts certificates only from this region. */
const CERTIFICATE_REGION = 'us-east-1';

/** Custom domain: its certificate, and its alias records if Route 53 hosts the zone. */
export class Domain extends ComponentResource {
  /** Undefined without a custom domain. */
  readonly certificateArn: Output<string> | undefined;
  readonly #name: string;
  readonly #stack: StackConfig;

  constructor(name: string, stack: StackConfig, options: ComponentResourceOptions) {
    super('portrait:aws:Domain', name, {}, options);
    this.#name = name;
    this.#stack = stack;
    const { domain, certificateArn, hostedZoneId } = stack;
    if (certificateArn) this.certificateArn = output(certificateArn);
    else if (domain && hostedZoneId) {
      this.certificateArn = this.#createCertificate(domain, hostedZoneId);
    }
    this.registerOutputs();
  }

  /** Creates the IPv4 and IPv6 alias records of the CloudFront distribution. */
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

  #createCertificate(domainName: string, zoneId: string): Output<string> {
    const parent = { parent: this };
    const region = CERTIFICATE_REGION;
    const certificate = new Certificate(
      this.#name,
      { region, domainName, validationMethod: 'DNS' },
      parent,
    );
    // One domain name has one validation record.
    const validationRecord = certificate.domainValidationOptions.apply(([option]) => {
      if (!option) throw new Error(`ACM returned no validation record for ${domainName}.`);
      return option;
    });
    const record = new Record(
      `${this.#name}-proof`,
      {
        zoneId,
        name: validationRecord.resourceRecordName,
        type: validationRecord.resourceRecordType,
        records: [validationRecord.resourceRecordValue],
        ttl: 300,
      },
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
