import { Distribution } from '@pulumi/aws/cloudfront/distribution.js';
import { OriginAccessControl } from '@pulumi/aws/cloudfront/originAccessControl.js';
import { VpcOrigin } from '@pulumi/aws/cloudfront/vpcOrigin.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  getProject,
  getStack,
  type Input,
  interpolate,
  type Output,
} from '@pulumi/pulumi';
import type { StackConfig } from '../config/read.ts';
import type { Balancer } from './balancer.ts';
import type { Domain } from './domain.ts';
import { routes } from './edge-routes.ts';
import type { Network } from './network.ts';
import type { Page } from './page.ts';
import type { Photos } from './photos.ts';

export interface EdgeArgs {
  stack: StackConfig;
  domain: Domain;
  photos: Photos;
  page: Page;
  balancer: Balancer;
  network: Network;
}

/** The one address of everything: CloudFront before the page, the pictures and the API. */
export class Edge extends ComponentResource {
  /** Of the page and the API, without a slash at its end. */
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
        ...routes(name, args, this),
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

  #origins(name: string, { photos, page, balancer, network }: EdgeArgs) {
    const parent = { parent: this };
    const access = new OriginAccessControl(
      name,
      { originAccessControlOriginType: 's3', signingBehavior: 'always', signingProtocol: 'sigv4' },
      parent,
    );
    // Inside AWS's own network, and the balancer has no name that a certificate could be for.
    const endpoint = {
      name: `${getProject()}-${getStack()}`,
      arn: balancer.arn,
      httpPort: 80,
      httpsPort: 443,
      originProtocolPolicy: 'http-only',
      originSslProtocols: { items: ['TLSv1.2'], quantity: 1 },
    };
    const way = new VpcOrigin(
      name,
      { vpcOriginEndpointConfig: endpoint },
      // It wants the gateway of the network to be there, from its beginning to its end.
      { parent: this, dependsOn: [network] },
    );
    const bucket = (originId: string, domainName: Input<string>) => ({
      originId,
      domainName,
      originAccessControlId: access.id,
    });
    return [
      bucket('photos', photos.domain),
      bucket('page', page.domain),
      {
        originId: 'api',
        domainName: balancer.dnsName,
        // s; a photo takes 31 at most.
        vpcOriginConfig: { vpcOriginId: way.id, originReadTimeout: 60, originKeepaliveTimeout: 55 },
      },
    ];
  }
}
