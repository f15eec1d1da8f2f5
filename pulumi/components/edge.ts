import { Distribution } from '@pulumi/aws/cloudfront/distribution.js';
import { OriginAccessControl } from '@pulumi/aws/cloudfront/originAccessControl.js';
import { VpcOrigin } from '@pulumi/aws/cloudfront/vpcOrigin.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  getProject,
  getStack,
  interpolate,
  type Output,
} from '@pulumi/pulumi';
import type { StackConfig } from '../config/read.ts';
import type { Balancer } from './balancer.ts';
import type { Domain } from './domain.ts';
import { cacheBehaviors } from './edge-routes.ts';
import type { Network } from './network.ts';
import type { Photos } from './photos.ts';
import type { WebApp } from './web-app.ts';

export interface EdgeArgs {
  stack: StackConfig;
  domain: Domain;
  photos: Photos;
  webApp: WebApp;
  balancer: Balancer;
  network: Network;
}

/** CloudFront in front of the web app, the photos and the API: one origin for browsers. */
export class Edge extends ComponentResource {
  /** Base URL of the web app and the API, without a trailing slash. */
  readonly url: Output<string>;
  readonly distributionArn: Output<string>;
  readonly domainName: Output<string>;
  readonly zoneId: Output<string>;

  constructor(name: string, args: EdgeArgs, options: ComponentResourceOptions) {
    super('portrait:aws:Edge', name, {}, options);
    const { stack, domain } = args;
    const { certificateArn } = domain;
    const distribution = new Distribution(
      name,
      {
        enabled: true,
        httpVersion: 'http2and3',
        isIpv6Enabled: true,
        defaultRootObject: 'index.html',
        aliases: stack.domain ? [stack.domain] : [],
        viewerCertificate: certificateArn
          ? {
              acmCertificateArn: certificateArn,
              sslSupportMethod: 'sni-only',
              minimumProtocolVersion: 'TLSv1.2_2021',
            }
          : { cloudfrontDefaultCertificate: true },
        restrictions: { geoRestriction: { restrictionType: 'none' } },
        origins: this.#origins(name, args),
        ...cacheBehaviors(name, args, this),
      },
      { parent: this },
    );
    this.url = stack.domain
      ? interpolate`https://${stack.domain}`
      : interpolate`https://${distribution.domainName}`;
    this.distributionArn = distribution.arn;
    this.domainName = distribution.domainName;
    this.zoneId = distribution.hostedZoneId;
    this.registerOutputs();
  }

  #origins(name: string, { photos, webApp, balancer, network }: EdgeArgs) {
    const parent = { parent: this };
    const access = new OriginAccessControl(
      name,
      { originAccessControlOriginType: 's3', signingBehavior: 'always', signingProtocol: 'sigv4' },
      parent,
    );
    const vpcOrigin = new VpcOrigin(
      name,
      {
        vpcOriginEndpointConfig: {
          name: `${getProject()}-${getStack()}`,
          arn: balancer.arn,
          httpPort: 80,
          httpsPort: 443,
          // The traffic stays inside the AWS network, and the balancer has no public name for a certificate.
          originProtocolPolicy: 'http-only',
          originSslProtocols: { items: ['TLSv1.2'], quantity: 1 },
        },
      },
      // VPC origins require the internet gateway of the VPC as long as they exist.
      { parent: this, dependsOn: [network] },
    );
    const originAccessControlId = access.id;
    return [
      { originId: 'photos', domainName: photos.domain, originAccessControlId },
      { originId: 'page', domainName: webApp.domain, originAccessControlId },
      {
        originId: 'api',
        domainName: balancer.dnsName,
        // s; a synchronous upload takes at most 31.
        vpcOriginConfig: {
          vpcOriginId: vpcOrigin.id,
          originReadTimeout: 60,
          originKeepaliveTimeout: 55,
        },
      },
    ];
  }
}
