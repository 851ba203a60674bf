// Generated from openapi.yaml by `node scripts/generate-wire-types.ts`. Change the description, then run it again.

export interface paths {
    readonly "/v1/functions/{containerId}/claim": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /**
                 * @description The ID of the function container.
                 * @example 65f1c0ffee0000000000c001
                 */
                readonly containerId: components["parameters"]["ContainerId"];
            };
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Reserve an instance
         * @description Reserves an available instance under the caller's token. While all are taken the claim waits in line, at most for
         *     the function's `max_queue_time`; then it fails with `504.not-available`. The claim ends by itself unless the
         *     instance is spawned within ten seconds.
         */
        readonly post: operations["claimInstance"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/functions/{containerId}/spawn": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /**
                 * @description The ID of the function container.
                 * @example 65f1c0ffee0000000000c001
                 */
                readonly containerId: components["parameters"]["ContainerId"];
            };
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Start a reserved instance
         * @description Starts the process of a claimed instance, with the given environment variables laid over those of the container,
         *     and answers once it runs. Fails with `404.instance` for an unknown instance, `403.mismatch` under another token,
         *     `403.invalid-state` when the claim has ended or was spawned before, and `500.unknown` when the process does not
         *     start.
         */
        readonly post: operations["spawnInstance"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/functions/{containerId}/release": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /**
                 * @description The ID of the function container.
                 * @example 65f1c0ffee0000000000c001
                 */
                readonly containerId: components["parameters"]["ContainerId"];
            };
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Give an instance back
         * @description Ends the claim and stops the process, if one runs. A claim may be released without having been spawned. Fails
         *     like spawn does, with the same codes.
         */
        readonly post: operations["releaseInstance"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/functions/{containerId}/active": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /**
                 * @description The ID of the function container.
                 * @example 65f1c0ffee0000000000c001
                 */
                readonly containerId: components["parameters"]["ContainerId"];
            };
            readonly cookie?: never;
        };
        /**
         * List instances at work
         * @description Lists the function's instances that are starting or running, keyed by their IDs.
         */
        readonly get: operations["getActiveInstances"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Format: objectid
         * @description 24 lower-case hexadecimal digits.
         * @example 65f1c0ffee0000000000a001
         */
        readonly ID: string;
        /**
         * @description The token the instance was claimed with.
         * @example 5f0a1d3c9b7e
         */
        readonly ClaimToken: string;
        /**
         * Format: date-time
         * @description A moment, as RFC 3339 writes it.
         * @example 2025-06-01T12:00:00.000Z
         */
        readonly DateTime: string;
        /** @description What this one run gets beyond the container's configuration. */
        readonly RuntimeVariables: {
            /** @description Environment variables by name. They win over the container's own, and lose to those Cycle sets. */
            readonly environment_variables?: {
                readonly [key: string]: string;
            } | null;
        } | null;
        /**
         * @description An address and the network it belongs to.
         * @example {
         *       "ip": "fd00::21:0:0:0",
         *       "cidr": "fd00::21:0:0:0/96"
         *     }
         */
        readonly IPNet: {
            readonly ip: string;
            readonly cidr: string;
        };
        /** @description Where an instance is found in its environment's private network. */
        readonly EnvironmentNetworkSummary: {
            /** @description The environment's ID. */
            readonly id: components["schemas"]["ID"];
            /** @description The tag that keeps the environment's traffic apart from that of others. */
            readonly vxlan_tag: number;
            /** @description The environment's block of addresses. */
            readonly network_subnet: string;
            /** @description The container's part of it. */
            readonly subnet: string;
            readonly ipv6: components["schemas"]["IPNet"] | null;
            /** @description The IPv4 side; null in environments without one. */
            readonly legacy: {
                readonly host: number;
                readonly subnet: number;
                readonly ipv4: components["schemas"]["IPNet"] | null;
            } | null;
            readonly mac_addr: string;
        };
        /** @description A reserved instance. */
        readonly ClaimedInstance: {
            readonly instance_id: components["schemas"]["ID"];
            readonly environment: components["schemas"]["EnvironmentNetworkSummary"];
            /** @description The token of the claim, as the caller gave it. */
            readonly token: string;
        };
        /** @description An instance at work, and the server it runs on. */
        readonly SpawnedInstance: {
            readonly instance_id: components["schemas"]["ID"];
            readonly server_id: components["schemas"]["ID"];
            readonly environment: components["schemas"]["EnvironmentNetworkSummary"];
            /** @description The token of the claim, as the caller gave it. */
            readonly token: string;
        };
        /** @description The times of a claim that has ended. */
        readonly ReleasedInstance: {
            readonly instance_id: components["schemas"]["ID"];
            /** Format: date-time */
            readonly claimed?: string | null;
            /**
             * Format: date-time
             * @description Null when the claim was released before it was spawned.
             */
            readonly spawned?: string | null;
            /** Format: date-time */
            readonly released?: string | null;
        };
        /** @description A released instance; a client that expects either of the two finds what it looks for. */
        readonly ReleaseAnswer: components["schemas"]["SpawnedInstance"] & components["schemas"]["ReleasedInstance"];
        /** @description An instance as the platform's own API describes it. */
        readonly Instance: {
            readonly id: components["schemas"]["ID"];
            readonly creator: components["schemas"]["Creator"];
            readonly hub_id: string;
            readonly container_id: string;
            readonly location_id: string;
            readonly environment: components["schemas"]["EnvironmentNetworkSummary"];
            readonly extension?: components["schemas"]["InstanceExtension"];
            readonly provider: components["schemas"]["InstanceProvider"];
            readonly server_id: components["schemas"]["ID"];
            /**
             * @description Whether the slot is in use, being set up, put to sleep, or to be removed.
             * @enum {string}
             */
            readonly ready_state: "active" | "configuring" | "hibernate" | "purge";
            readonly hostname: string;
            /** @description What an instance of a function has beyond others. */
            readonly function?: {
                /** @description A number that tells the function's instances apart. */
                readonly seed: number;
            };
            /** @description The fixed identity of a stateful container's instance. */
            readonly stateful?: {
                readonly id: components["schemas"]["ID"];
                readonly base_hostname: string;
            } | null;
            /** Format: date-time */
            readonly purge_time?: string | null;
            /** @description The deployment the instance belongs to. */
            readonly deployment?: {
                readonly version: string;
            } | null;
            /**
             * @description Set for instances of the environment's own services.
             * @enum {string}
             */
            readonly service?: "discovery" | "gateway" | "loadbalancer" | "scheduler" | "vpn";
            /** @description Set for instances that were made because the others were taken. */
            readonly autoscale?: {
                /** @description The instance stays at least until then. */
                readonly min_ttl: components["schemas"]["DateTime"];
            } | null;
            /** @description Set while traffic is led away from the instance. */
            readonly traffic_drain?: {
                readonly started: components["schemas"]["DateTime"];
            } | null;
            readonly migration?: components["schemas"]["InstanceMigration"];
            readonly meta?: components["schemas"]["InstanceMeta"];
            readonly state: components["schemas"]["InstanceState"];
            readonly events: components["schemas"]["InstanceEvents"];
        };
        /** @description Who made the resource. */
        readonly Creator: {
            readonly id: components["schemas"]["ID"];
            /** @enum {string} */
            readonly type: "account" | "api-key" | "employee" | "environment" | "platform" | "platform-pipeline" | "visitor";
        };
        /** @description What the instance belongs to when it is more than a container's. */
        readonly InstanceExtension: {
            readonly id?: components["schemas"]["ID"];
            /** @enum {string} */
            readonly identifier: "virtual-machine-v1";
        } | null;
        /** @description Whose infrastructure the instance runs on. */
        readonly InstanceProvider: {
            readonly vendor: string;
            readonly integration_id: components["schemas"]["ID"];
            readonly location: string;
        };
        /** @description The milestones of the instance's life. */
        readonly InstanceEvents: {
            readonly created: components["schemas"]["DateTime"];
            readonly updated: components["schemas"]["DateTime"];
            /** @description The first moment of year 1 while the instance lives (D5, kept). */
            readonly deleted: components["schemas"]["DateTime"];
        };
        /** @description What the instance does, since when, and how it fares. */
        readonly InstanceState: {
            /** @enum {string} */
            readonly current: "new" | "starting" | "migrating" | "running" | "stopping" | "stopped" | "failed" | "deleting" | "deleted";
            readonly changed: components["schemas"]["DateTime"];
            readonly error?: components["schemas"]["StateError"];
            /** @description The outcome of the last health check. */
            readonly health?: {
                readonly healthy: boolean | null;
                readonly updated: components["schemas"]["DateTime"];
            } | null;
            /** @description The outcome of the last readiness check. */
            readonly readiness?: {
                readonly ready: boolean | null;
                readonly updated: components["schemas"]["DateTime"];
            } | null;
        };
        /** @description What went wrong last, and when. */
        readonly StateError: {
            readonly message?: string;
            readonly time?: components["schemas"]["DateTime"];
        };
        /** @description The instance's move from one server to another. */
        readonly InstanceMigration: {
            readonly key: string;
            readonly copy_volumes: boolean;
            readonly from?: components["schemas"]["MigrationEnd"];
            readonly to?: components["schemas"]["MigrationEnd"];
            readonly started?: components["schemas"]["DateTime"];
            readonly completed?: components["schemas"]["DateTime"];
        } | null;
        /** @description One end of a migration. */
        readonly MigrationEnd: {
            readonly instance_id: string;
            readonly server_id: string;
        } | null;
        /** @description What the platform knows about the instance besides. */
        readonly InstanceMeta: {
            readonly node?: components["schemas"]["InstanceNode"];
            readonly sdn_pool_ips?: readonly components["schemas"]["SdnPoolIp"][];
        } | null;
        /** @description A virtual node that runs inside the instance. */
        readonly InstanceNode: {
            readonly online?: boolean;
            readonly healthy?: boolean;
            readonly last_checkin?: components["schemas"]["DateTime"];
            readonly state?: {
                /** @enum {string} */
                readonly current: "authorizing" | "decommissioned" | "deleted" | "new" | "offline" | "online";
                /** @enum {string|null} */
                readonly desired?: "authorizing" | "decommissioned" | "deleted" | "new" | "offline" | "online" | null;
                readonly changed: components["schemas"]["DateTime"];
                readonly error?: components["schemas"]["StateError"];
            };
        };
        /** @description An address the instance has from a pool of a software-defined network. */
        readonly SdnPoolIp: {
            readonly id: components["schemas"]["ID"];
            readonly hub_id: string;
            readonly pool_id: components["schemas"]["ID"];
            readonly network_id: components["schemas"]["ID"];
            /** @enum {string} */
            readonly kind: "ipv4" | "ipv6";
            /** Format: ip-address */
            readonly ip: string;
            readonly address: string;
            readonly gateway: string;
            readonly cidr: string;
            /** Format: cidr */
            readonly network?: string | null;
            readonly options?: {
                readonly proxy_arp?: boolean | null;
            } | null;
            readonly assignment?: {
                readonly container_id: components["schemas"]["ID"];
                readonly environment_id: components["schemas"]["ID"];
                readonly instance_id: components["schemas"]["ID"];
                readonly virtual_machine?: {
                    readonly id: components["schemas"]["ID"];
                };
            } | null;
            readonly state: {
                /** @enum {string} */
                readonly current: "assigned" | "assigning" | "available" | "releasing";
                readonly changed: components["schemas"]["DateTime"];
                readonly error?: components["schemas"]["StateError"];
            };
        };
        /** @description The body of every answer that is not a success. */
        readonly ErrorEnvelope: {
            readonly error: components["schemas"]["Error"];
            readonly data: null;
        };
        readonly Error: {
            /**
             * @description The HTTP status once more.
             * @enum {integer}
             */
            readonly status: 400 | 401 | 403 | 404 | 409 | 415 | 422 | 429 | 500 | 501 | 502 | 503 | 504;
            readonly code: components["schemas"]["ErrorCode"];
            /** @description The failure in a few words, the same for all of its kind. */
            readonly title: string;
            /** @description What happened in this case, and what to do. */
            readonly detail?: string;
            /** @description A JSON pointer to the field of the request that is to blame. */
            readonly source?: string;
            readonly extra?: {
                readonly capability?: components["schemas"]["Capability"];
            };
        };
        /**
         * @description Every code of the platform. A scheduler sends the ones in the table at the top.
         * @enum {string}
         */
        readonly ErrorCode: "400.invalid-syntax" | "401.auth-expired" | "401.auth-invalid" | "401.no-cookie" | "401.unauthorized-application" | "403.2fa-failed" | "403.2fa-required" | "403.expired" | "403.invalid-ip" | "403.invalid-state" | "403.mismatch" | "403.new-application-capabilities" | "403.not-allowed" | "403.not-approved" | "403.not-ready" | "403.permissions" | "403.platform-disabled" | "403.restricted-portal" | "403.tier-restricted" | "403.wrong-hub" | "404.account" | "404.announcement" | "404.billing.credit" | "404.billing.invoice" | "404.billing.order" | "404.billing.payment-method" | "404.billing.promo-code" | "404.billing.service" | "404.billing.support" | "404.billing.tier" | "404.cluster" | "404.community.thread" | "404.community.thread.reply" | "404.container" | "404.container.backup" | "404.cycleos-build" | "404.dns.record" | "404.dns.zone" | "404.email-verification" | "404.environment" | "404.environment.scoped-variable" | "404.ha-service.session" | "404.hub" | "404.hub.api-key" | "404.hub.integration" | "404.hub.invitation" | "404.hub.membership" | "404.hub.role" | "404.image" | "404.image.build-log" | "404.image.source" | "404.infrastructure.autoscale.group" | "404.infrastructure.cluster" | "404.infrastructure.external-volume" | "404.infrastructure.ips.pool" | "404.infrastructure.location" | "404.infrastructure.model" | "404.infrastructure.provider" | "404.infrastructure.server" | "404.instance" | "404.job" | "404.monitoring.logs.analytics.rule" | "404.node" | "404.notification" | "404.pipeline" | "404.pipeline.key" | "404.pipeline.run" | "404.platform-build" | "404.provider" | "404.sales.lead" | "404.sdn.network" | "404.stack" | "404.stack-build" | "404.stack.build-log" | "404.survey" | "404.survey-response" | "404.uri" | "404.virtual-machine" | "404.virtual-machine.ssh-key" | "404.vpn.account" | "409.duplicate-found" | "415.invalid-content-type" | "422.already-exists" | "422.invalid-argument" | "422.invalid-input" | "422.max-exceeded" | "422.missing-argument" | "422.not-compatible" | "429.rate-limiting" | "500.database" | "500.database-insert" | "500.database-remove" | "500.database-update" | "500.dev" | "500.email" | "500.jobd" | "500.unknown" | "503.dependency-not-enabled" | "503.not-enabled" | "503.not-ready" | "504.not-available";
        /**
         * @description The permission that the caller lacks.
         * @enum {string}
         */
        readonly Capability: "api-keys-manage" | "apionly-jobs-view" | "apionly-notifications-listen" | "autoscale-groups-manage" | "autoscale-groups-view" | "billing-credits-view" | "billing-invoices-pay" | "billing-invoices-view" | "billing-methods-manage" | "billing-services-manage" | "billing-services-view" | "clusters-manage" | "clusters-view" | "containers-backups-manage" | "containers-backups-view" | "containers-console" | "containers-deploy" | "containers-functions-trigger" | "containers-instances-migrate" | "containers-lock" | "containers-manage" | "containers-ssh" | "containers-view" | "containers-volumes-manage" | "containers-volumes-view" | "dns-certs-view" | "dns-manage" | "dns-view" | "environments-deployments-manage" | "environments-manage" | "environments-scopedvariables-manage" | "environments-scopedvariables-view" | "environments-services-manage" | "environments-view" | "environments-vpn" | "environments-vpn-manage" | "external-volumes-manage" | "external-volumes-view" | "hubs-auditlog-view" | "hubs-delete" | "hubs-integrations-manage" | "hubs-integrations-view" | "hubs-invites-manage" | "hubs-invites-send" | "hubs-members-manage" | "hubs-members-view" | "hubs-roles-manage" | "hubs-roles-view" | "hubs-update" | "hubs-usage-view" | "images-manage" | "images-sources-manage" | "images-sources-view" | "images-view" | "ips-manage" | "monitor-manage" | "monitor-view" | "pipelines-manage" | "pipelines-trigger" | "pipelines-view" | "san-manage" | "san-view" | "sdn-networks-manage" | "sdn-networks-view" | "security-manage" | "security-view" | "servers-console" | "servers-decommission" | "servers-login" | "servers-manage" | "servers-provision" | "servers-view" | "stacks-builds-deploy" | "stacks-builds-manage" | "stacks-manage" | "stacks-view" | "virtual-machines-console" | "virtual-machines-deploy" | "virtual-machines-lock" | "virtual-machines-manage" | "virtual-machines-root-pw-view" | "virtual-machines-root-pw-view-temp" | "virtual-machines-ssh-keys-manage" | "virtual-machines-view";
    };
    responses: {
        /** @description The request failed; the table at the top lists the statuses and codes. */
        readonly Error: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
    };
    parameters: {
        /**
         * @description The ID of the function container.
         * @example 65f1c0ffee0000000000c001
         */
        readonly ContainerId: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    readonly claimInstance: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /**
                 * @description The ID of the function container.
                 * @example 65f1c0ffee0000000000c001
                 */
                readonly containerId: components["parameters"]["ContainerId"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    /**
                     * @description The caller's name for this claim. Choose five characters or more: claim accepts fewer, yet spawn and
                     *     release do not (D3, kept).
                     */
                    readonly token: string;
                };
            };
        };
        readonly responses: {
            /** @description The instance is reserved. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: components["schemas"]["ClaimedInstance"];
                    };
                };
            };
            readonly default: components["responses"]["Error"];
        };
    };
    readonly spawnInstance: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /**
                 * @description The ID of the function container.
                 * @example 65f1c0ffee0000000000c001
                 */
                readonly containerId: components["parameters"]["ContainerId"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly token: components["schemas"]["ClaimToken"];
                    readonly instance_id: components["schemas"]["ID"];
                    readonly runtime_variables?: components["schemas"]["RuntimeVariables"];
                };
            };
        };
        readonly responses: {
            /** @description The instance runs. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: components["schemas"]["SpawnedInstance"];
                    };
                };
            };
            readonly default: components["responses"]["Error"];
        };
    };
    readonly releaseInstance: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /**
                 * @description The ID of the function container.
                 * @example 65f1c0ffee0000000000c001
                 */
                readonly containerId: components["parameters"]["ContainerId"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly token: components["schemas"]["ClaimToken"];
                    readonly instance_id: components["schemas"]["ID"];
                };
            };
        };
        readonly responses: {
            /** @description The instance is stopped and no longer the caller's. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: components["schemas"]["ReleaseAnswer"];
                    };
                };
            };
            readonly default: components["responses"]["Error"];
        };
    };
    readonly getActiveInstances: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /**
                 * @description The ID of the function container.
                 * @example 65f1c0ffee0000000000c001
                 */
                readonly containerId: components["parameters"]["ContainerId"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The instances at work; an empty map when there are none. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: {
                            readonly [key: string]: components["schemas"]["Instance"];
                        };
                    };
                };
            };
            readonly default: components["responses"]["Error"];
        };
    };
}
