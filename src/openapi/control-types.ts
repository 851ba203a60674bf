// Generated from docs/control-api.yaml by `node scripts/generate-wire-types.ts`. Change the description, then run it again.

export interface paths {
    readonly "/_emulator/state": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Functions with their instances and claims, as they are now. */
        readonly get: operations["getState"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/_emulator/reset": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Back to how the emulator began.
         * @description Nothing is claimed, nothing runs, no claim waits (one that did gets 503), pools have their first size, only the
         *     fixture's faults are set, the clock runs. The clock keeps the time it shows; events, request log and recording
         *     go on. Answers once every pool is full again.
         */
        readonly post: operations["reset"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/_emulator/stop": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Ends an emulator that `cycle-scheduler start` has started, as a signal does.
         * @description Answers at once; the emulator is gone when it answers no more. One that a program or `exec` has started ends with
         *     that, and answers 403.
         */
        readonly post: operations["stop"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/_emulator/events": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * What happens, as server-sent events, or the answer to a question about it.
         * @description With `after` or `wait` it is one answer, as JSON: the events after the cursor `after` (from now on without it), and
         *     the cursor to ask with next. Where there are none yet, it waits for the first of them for so many real
         *     milliseconds. Without both it is a stream of server-sent events.
         *
         *     Each has a number as its `id`, its name as `event` and an Event as `data`. Begins with what happens from now on;
         *     with `Last-Event-ID`, with what happened after that event, as far back as the emulator remembers (1,000 events).
         *     `Last-Event-ID: 0` is everything remembered. Where events after that one are remembered no more, the first event is
         *     `events.missed`, with their number in `missed`, without regard to `name` and `instance`. An ID that no event has had yet
         *     is refused, as an unknown `after` is. The stream ends with the emulator, or when its reader is too slow.
         */
        readonly get: operations["streamEvents"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/_emulator/functions/{functionName}/invoke": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Runs a function once, and answers when that run has ended.
         * @description Claims an instance, spawns it, waits for its end, and releases it in any case. A caller that leaves before
         *     ends the run. Refusals of the scheduler, and faults that are set on requests, are answered as the Scheduler API
         *     answers them; it counts as no request of it.
         */
        readonly post: operations["invokeFunction"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/_emulator/functions/{functionName}/scale": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Gives a function another number of instances, within its `max_pool_size`.
         * @description As if `deploy.instances` of its stack were another, until the stack is read again; a reset keeps it. Answers once
         *     those that are new wait to be claimed. Of those that are too many each goes once it is free.
         */
        readonly post: operations["scaleFunction"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/_emulator/clock": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What time it is for leases, queue times and max_runtime. */
        readonly get: operations["getClock"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/_emulator/clock/freeze": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Time stands still until it is resumed; advancing moves it all the same. */
        readonly post: operations["freezeClock"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/_emulator/clock/resume": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Time runs again, from what the clock shows. */
        readonly post: operations["resumeClock"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/_emulator/clock/advance": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Moves time on, deadline by deadline.
         * @description Answers once all that fell due has been done: leases ended, waiting callers sent away, overdue runs stopped and
         *     their instances replaced. A function that was sent its signal has a second of real time to end by itself before
         *     the clock goes on; one that has not ended by then is killed when the clock is moved past its grace.
         */
        readonly post: operations["advanceClock"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/_emulator/faults": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** All faults that are set, and how often each fault has fired. */
        readonly get: operations["listFaults"];
        readonly put?: never;
        /** Sets something to go wrong from now on. */
        readonly post: operations["addFault"];
        /** Removes all faults, also those of the fixture, which a reset brings back. */
        readonly delete: operations["clearFaults"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/_emulator/faults/{faultId}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        /** Removes a fault, and ends what it still holds up. */
        readonly delete: operations["removeFault"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/_emulator/instances/{instanceId}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** An instance with its latest run, the names of that run's variables, and what its checks have found. */
        readonly get: operations["getInstance"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/_emulator/instances/{instanceId}/logs": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * What the latest run on an instance has printed; of a long output the end.
         * @description The header Accept chooses the form. Readers that follow from the beginning get everything, and the function waits for them; one that takes nothing for half a minute is waited for no more.
         */
        readonly get: operations["getLogs"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/_emulator/requests": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * The last requests to the Scheduler API and to functions over HTTP, the oldest first; 1,000 are remembered.
         * @description All that are over, also those that were refused. With `Accept: text/event-stream` it is a stream of server-sent
         *     events: each has its number as `id`, `request` as `event`, and a LoggedRequest as `data`. The stream begins with
         *     what happens from now on; with `Last-Event-ID`, with the requests after that one, as far as they are remembered.
         *     `Last-Event-ID: 0` is all of them. It ends with the emulator, or when its reader is too slow.
         */
        readonly get: operations["listRequests"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/_emulator/requests/{requestId}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * One request, with its bodies.
         * @description Each body of a request to the Scheduler API up to 65,536 bytes, and the first 65,536 bytes of those of a request to
         *     a function over HTTP. Together 4 MiB are kept, and no more than `start --recording-limit` says; the oldest give
         *     way. Tokens are `<token 3fa92c>`, the same for the same token, and access keys `<access key>`. Variables stand as
         *     they were sent. Of other values that a caller has sent, and of a body that is no JSON, only the form is shown.
         */
        readonly get: operations["getRequest"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/_emulator/recording": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * What the Scheduler API was asked and has answered, for `cycle-scheduler replay`.
         * @description Requests that reached the scheduler, in their order. What differs from run to run is normalised: tokens are
         *     `<token-1>`, …, instances `<instance-1>`, …, points in time `<time>`. Variables of spawns stand in it as they
         *     were sent. Requests to functions over HTTP stand in it as they were, apart.
         */
        readonly get: operations["getRecording"];
        readonly put?: never;
        readonly post?: never;
        /** Starts the recording again. */
        readonly delete: operations["clearRecording"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/_emulator/ui/exchange": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Gives the page an access key for the code of a link that `start` has printed.
         * @description A code is of use once, for ten minutes. Needs no access key. Served where the page is, and like the page only under
         *     addresses, `localhost` and the names of `--ui-host`.
         */
        readonly post: operations["exchangeCode"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/_emulator/control-api.yaml": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** This file. */
        readonly get: operations["getDescription"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/_emulator/control-api.json": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** This file as JSON. */
        readonly get: operations["getDescriptionAsJson"];
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
        readonly State: {
            /** @description Marks everything this emulator makes. */
            readonly session: string;
            readonly version: string;
            /** @description What runs the functions, for people. */
            readonly engine?: string;
            /**
             * Format: date-time
             * @description By the clock of the machine, as `uptime_ms` is.
             */
            readonly started_at?: string;
            readonly uptime_ms?: number;
            /** @description The number of the latest event that the state has to do with. */
            readonly cursor?: number;
            readonly ready: boolean;
            /** @description Why it is not ready. */
            readonly reason: string | null;
            readonly clock: components["schemas"]["Clock"];
            /** @description Null where no function is reached over HTTP. */
            readonly gateway: components["schemas"]["Gateway"] | null;
            /** @description Why there is no gateway; null where there is one. */
            readonly no_gateway: string | null;
            /** @description Where the Scheduler API is served; null where that is the control API's own port. */
            readonly scheduler_url?: string | null;
            readonly functions: readonly components["schemas"]["Function"][];
        };
        /** @description Where functions are reached over HTTP, each request by an instance of its own. */
        readonly Gateway: {
            /** @description Without a slash at the end. The Host header of a request names one of the domains. */
            readonly url: string;
            /** @description In the order in which they are tried. */
            readonly domains: readonly components["schemas"]["Domain"][];
        };
        readonly Domain: {
            readonly domain: string;
            /** @description Which paths are the function's, as the stack has it; null where all are. */
            readonly match_path: string | null;
            /** @description Name of the function. */
            readonly function: string;
            /** @description Path patterns of the load balancer's routers that may take requests to it, null of every path; null where there is no load balancer. */
            readonly router_paths: readonly (string | null)[] | null;
            /** @description Inside the container. */
            readonly port: number;
        };
        readonly Clock: {
            readonly now: components["schemas"]["DateTime"];
            readonly frozen: boolean;
            /**
             * @description When time alone will next change something by the rules: a lease ends, a run reaches its `max_runtime`, a claim
             *     has waited long enough, a failed container is tried again, a pool shrinks. Null where nothing is pending.
             */
            readonly next_deadline?: components["schemas"]["DateTime"] | null;
        };
        readonly Function: {
            /** @description Its key under `containers` in the stack. */
            readonly name: string;
            readonly container_id: components["schemas"]["ID"];
            /** @description Claims in line. */
            readonly waiting: number;
            /** @description The claims in line, in their order. */
            readonly line?: readonly {
                readonly since: components["schemas"]["DateTime"];
                /** @description When it has waited long enough. */
                readonly deadline: components["schemas"]["DateTime"] | null;
            }[];
            readonly limits?: components["schemas"]["Limits"];
            readonly instances: readonly components["schemas"]["Instance"][];
        };
        /** @description What the pool is made with. */
        readonly Limits: {
            /** @description How many there are from the start. */
            readonly instances: number;
            readonly max_pool_size: number;
            /** @description How many are kept hot. */
            readonly hot: number;
            /** @description How many are kept warm; null where that is not set, and some of those that have run are (docs/hot-instances.md). */
            readonly warm: number | null;
            readonly max_shard_concurrency: number | null;
            readonly max_runtime_ms: number | null;
            readonly max_queue_time_ms: number;
            /** @description How long a claimed instance waits to be spawned. */
            readonly lease_ms: number;
        };
        readonly Instance: {
            readonly id: components["schemas"]["ID"];
            /** @enum {string} */
            readonly state: "preparing" | "available" | "claimed" | "starting" | "running" | "stopping" | "failed";
            readonly since: components["schemas"]["DateTime"];
            /** @description What is left to spawn a claimed instance; null in every other state. */
            readonly lease_ms: number | null;
            /** @description When the state ends by time alone: a lease, `max_runtime`, the wait after a failure. Null where nothing is set. */
            readonly deadline?: components["schemas"]["DateTime"] | null;
            /**
             * @description How the run of the container that is made starts.
             * @enum {string}
             */
            readonly starts?: "hot" | "warm" | "cold";
            readonly hostname: string;
            readonly ipv4: string;
            readonly ipv6: string | null;
            readonly mac_addr: string;
            /** @description While it runs, ports of the machine that they are published on, by ports of the container. */
            readonly published_ports: {
                readonly [key: string]: number;
            };
            /** @description Its place in the pool, from 0. */
            readonly seed: number;
            /** @description Whether a claim made the pool grow by it. */
            readonly autoscaled: boolean;
            /**
             * @description There while the gateway holds the claim, for a request of its own.
             * @enum {string}
             */
            readonly origin?: "linked";
            /** @description When its latest run was spawned; claims since then leave it as it is. Null where it has not run. */
            readonly latest_start?: components["schemas"]["DateTime"] | null;
            /** @description How that run ended. Null while it runs, and where its process did not start. */
            readonly latest_exit?: components["schemas"]["Exit"] | null;
        };
        readonly Exit: {
            /** @description Null where it is unknown. A process that a signal ended has 128 and its number. */
            readonly code: number | null;
            readonly out_of_memory: boolean;
        };
        readonly InstanceDetails: {
            /** @description Name of its function. */
            readonly function: string;
            readonly container_id: components["schemas"]["ID"];
            readonly instance: components["schemas"]["Instance"];
            /** @description Null where it was not claimed yet. */
            readonly run: components["schemas"]["LatestRun"] | null;
            /** @description Of all variables of the latest run, those of its spawn among them; their values are never shown. Null where it has not run, or where another process of the emulator began the run. */
            readonly variable_names: readonly string[] | null;
            /** @description What its readiness check found last; null where its function has none. */
            readonly readiness: components["schemas"]["Finding"] | null;
            /** @description What its health check found last; null where its function has none. */
            readonly health: components["schemas"]["Finding"] | null;
        };
        readonly Finding: {
            /** @description Null before the first check of a run. */
            readonly passed: boolean | null;
            readonly at: components["schemas"]["DateTime"];
        };
        /** @description The latest claim and what became of it. Times are null where that has not happened, or is not known. */
        readonly LatestRun: {
            readonly claimed_at: components["schemas"]["MaybeDateTime"];
            readonly starting_at: components["schemas"]["MaybeDateTime"];
            readonly running_at: components["schemas"]["MaybeDateTime"];
            readonly stopping_at: components["schemas"]["MaybeDateTime"];
            readonly ended_at: components["schemas"]["MaybeDateTime"];
            /**
             * @description Null where it was not stopped.
             * @enum {string|null}
             */
            readonly stopped_for: "release" | "max-runtime" | "health" | null;
            /** @description Null where no process has ended. */
            readonly exit: components["schemas"]["Exit"] | null;
            /** @description Why its process did not start. */
            readonly failure: string | null;
        };
        /** @description What else there is depends on the name; docs/control-api.md lists all. */
        readonly Event: {
            /** @description Its number, from 1. A reset does not begin again at 1. */
            readonly cursor: number;
            readonly name: string;
            readonly at: components["schemas"]["DateTime"];
            readonly container_id: string | null;
            readonly instance_id?: string | null;
        };
        readonly Events: {
            readonly events: readonly components["schemas"]["Event"][];
            /** @description The number of the latest event, fitting or not. */
            readonly cursor: number;
            /** @description How many events after the cursor are remembered no more. */
            readonly missed: number;
        };
        readonly Invocation: {
            readonly instance_id: components["schemas"]["ID"];
            /** @description Null where it is unknown. A process that a signal ended has 128 and its number. */
            readonly exit_code: number | null;
            readonly out_of_memory: boolean;
            /** @description What the run has printed; of a long output the end. */
            readonly logs: {
                /** @description Both streams as they came. */
                readonly text: string;
                readonly stdout: string;
                readonly stderr: string;
                /** @description How much of it is not there any more; null where that is unknown. */
                readonly missing_bytes: number | null;
            };
            /** @description Real milliseconds until it was claimed, from there until its process ran, and from there until its end. */
            readonly durations_ms: {
                readonly claim: number;
                readonly spawn: number;
                readonly run: number;
            };
        };
        readonly Recording: {
            /** @constant */
            readonly version: 1;
            /** @description False where there was more than `start --recording-limit` allows, 32 MiB without it. Then it ends there. */
            readonly complete: boolean;
            readonly exchanges: readonly {
                readonly operation: string;
                readonly container_id: string;
                /** @description The body; null where there is none. */
                readonly request: unknown;
                readonly status: number;
                readonly response: Record<string, never>;
            }[];
            /** @description Requests to functions over HTTP, in their order. A replay answers none of them. */
            readonly linked: readonly components["schemas"]["LinkedExchange"][];
        };
        /**
         * @description A request to a function over HTTP. The query and all headers but the type of each body are left out, since they may
         *     hold secrets.
         */
        readonly LinkedExchange: {
            /** @description Null where no function has the host and the path. */
            readonly container_id: string | null;
            readonly method: string;
            /** @description As the caller wrote it, but for the port. */
            readonly host: string;
            readonly path: string;
            readonly request: components["schemas"]["RecordedBody"] | null;
            /** @description Null where nothing was answered. */
            readonly status: number | null;
            readonly ending: components["schemas"]["Ending"];
            /** @description The function's; null where another answered, or the connection changed protocols. */
            readonly response: components["schemas"]["RecordedBody"] | null;
        };
        /** @description The first 65,536 bytes of a body; `text` where they are UTF-8, `base64` where they are not. */
        readonly RecordedBody: {
            /** @description Its Content-Type. */
            readonly type: string | null;
            readonly text?: string;
            readonly base64?: string;
            /** @description False where there was more, or less than there should have been. */
            readonly complete: boolean;
        };
        /**
         * @description How a request over HTTP ended, in the words of the platform's load balancer.
         * @enum {string}
         */
        readonly Ending: "no_error" | "destination_unavailable" | "timeout_idle" | "connection_invalid" | "unknown_error" | "router_none" | "router_nomatch";
        readonly LoggedRequest: {
            /** @description Its number, from 1, in the order in which requests were over. A reset does not begin again at 1. */
            readonly id: number;
            /** @description When it arrived. */
            readonly at: components["schemas"]["DateTime"];
            readonly method: string;
            /** @description The operation's ID in openapi.yaml; null where the path is none of its, and of a request over HTTP. */
            readonly operation: string | null;
            readonly container: string | null;
            readonly instance: string | null;
            /** @description Null where the caller left before it was answered. */
            readonly status: number | null;
            /** @description The error's code; null for a success. */
            readonly code: string | null;
            /** @description Real milliseconds. */
            readonly duration_ms: number;
            /**
             * @description As the caller wrote it, up to 1,000 characters, without the query and access keys. A token that a caller has
             *     put there stands in it.
             */
            readonly path: string;
            /** @description The ID of the fault that it met, if it is one to the Scheduler API. */
            readonly fault?: string;
            /**
             * @description There where it is a request to a function over HTTP, as `host`, `ending` and `reason`.
             * @enum {string}
             */
            readonly origin?: "linked";
            readonly host?: string;
            readonly ending?: components["schemas"]["Ending"];
            /** @description Why it ended so, where it is no success. */
            readonly reason?: string;
            readonly request?: components["schemas"]["ShownBody"];
            readonly response?: components["schemas"]["ShownBody"];
        };
        /**
         * @description A body, where one request is asked for; null where there was none. `text` where it is UTF-8, `base64` where it is
         *     not, and `omitted` where it is not kept.
         */
        readonly ShownBody: {
            /** @description Its Content-Type. */
            readonly type: string | null;
            readonly text?: string;
            readonly base64?: string;
            /** @description Why it is not there, in a sentence. */
            readonly omitted?: string;
            /** @description False where there was more, or less than there should have been. */
            readonly complete: boolean;
        } | null;
        readonly Fault: {
            /** @description One is made up without it. */
            readonly id?: string;
            readonly match?: components["schemas"]["FaultMatch"];
            readonly effect: components["schemas"]["FaultEffect"];
        };
        readonly ArmedFault: {
            readonly id: string;
            readonly match: components["schemas"]["FaultMatch"];
            readonly effect: components["schemas"]["FaultEffect"];
            /** @description How often it has fired. */
            readonly fired: number;
        };
        /** @description Which requests, or which runs, a fault is for. What is left out fits everything. */
        readonly FaultMatch: {
            /**
             * @description For faults of requests alone: a run knows no operation. `reach` and `pass-on` are steps of a request to a function
             *     over HTTP; such a request claims, spawns and releases, too.
             * @enum {string}
             */
            readonly operation?: "claim" | "spawn" | "release" | "active" | "reach" | "pass-on";
            /** @description Name or container ID of a function. */
            readonly function?: string;
            /** @description The claim's token; `*` stands for any text. Compared, and never logged. */
            readonly token?: string;
            /** @description Fires at the nth of what fits, and at no other. */
            readonly nth?: number;
            /** @description Which of the moments it hits follows from the seed and the fault's ID. */
            readonly probability?: number;
            /** @description Fires so many times and no more. */
            readonly times?: number;
        };
        readonly FaultEffect: components["schemas"]["DelayEffect"] | components["schemas"]["ErrorEffect"] | components["schemas"]["ResetEffect"] | components["schemas"]["MalformedEffect"] | components["schemas"]["BreakOffEffect"] | components["schemas"]["SlowStartEffect"] | components["schemas"]["StartFailureEffect"] | components["schemas"]["ImageMissingEffect"] | components["schemas"]["ExitAfterEffect"] | components["schemas"]["OutOfMemoryEffect"] | components["schemas"]["HangingStopEffect"] | components["schemas"]["PoolExhaustedEffect"] | components["schemas"]["DockerAwayEffect"];
        /** @description The request reaches the scheduler, or the function, this much later. */
        readonly DelayEffect: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "delay";
            readonly ms: number;
        };
        /**
         * @description The scheduler answers this error and does nothing. Without a status it is the code's own. At `reach` and `pass-on` it
         *     is the caller of the function that is answered so.
         */
        readonly ErrorEffect: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "error";
            /** @enum {string} */
            readonly code: "400.invalid-syntax" | "401.auth-expired" | "401.auth-invalid" | "403.expired" | "403.invalid-ip" | "403.invalid-state" | "403.mismatch" | "403.not-allowed" | "403.not-ready" | "403.permissions" | "404.container" | "404.instance" | "404.uri" | "409.duplicate-found" | "415.invalid-content-type" | "422.already-exists" | "422.invalid-argument" | "422.invalid-input" | "422.max-exceeded" | "422.missing-argument" | "422.not-compatible" | "429.rate-limiting" | "500.database" | "500.unknown" | "503.dependency-not-enabled" | "503.not-enabled" | "503.not-ready" | "504.not-available";
            /** @enum {integer} */
            readonly status?: 400 | 401 | 403 | 404 | 409 | 415 | 422 | 500 | 501 | 502 | 503 | 504;
        };
        /** @description The connection is reset, before the scheduler has done anything or after it has done all. */
        readonly ResetEffect: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "reset";
            /** @enum {string} */
            readonly when?: "before" | "after";
        };
        /** @description The scheduler does what it should; its answer breaks off in the middle, or is a page of HTML. */
        readonly MalformedEffect: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "malformed";
            /** @enum {string} */
            readonly how?: "cut" | "html";
        };
        /**
         * @description A function's answer over HTTP breaks off after so many bytes of its body, or of what it sends over a connection that
         *     has changed protocols. A shorter answer is whole.
         */
        readonly BreakOffEffect: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "breakOff";
            readonly bytes: number;
        };
        /** @description The process starts this much later. */
        readonly SlowStartEffect: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "slowStart";
            readonly ms: number;
        };
        /** @description The container does not start. */
        readonly StartFailureEffect: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "startFailure";
            readonly reason?: string;
        };
        /** @description The image was removed since the container was made. */
        readonly ImageMissingEffect: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "imageMissing";
        };
        /** @description The process exits by itself; at once without a time, with 1 without a code. */
        readonly ExitAfterEffect: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "exitAfter";
            readonly ms?: number;
            readonly code?: number;
        };
        /** @description The process is killed for lack of memory; at once without a time. */
        readonly OutOfMemoryEffect: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "outOfMemory";
            readonly ms?: number;
        };
        /** @description No signal reaches the process; it lives until the kill after the grace. */
        readonly HangingStopEffect: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "hangingStop";
        };
        /** @description Claims find no instance, and wait in vain as long as `max_queue_time` says. */
        readonly PoolExhaustedEffect: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "poolExhausted";
        };
        /** @description The container runtime does not answer, for this time or until the fault is removed. */
        readonly DockerAwayEffect: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "dockerAway";
            readonly ms?: number;
        };
        readonly ErrorEnvelope: {
            readonly error: {
                readonly status: number;
                readonly code: string;
                readonly title: string;
                readonly detail?: string;
                readonly source?: string;
            };
            readonly data: null;
        };
        readonly ID: string;
        /** Format: date-time */
        readonly DateTime: string;
        /** Format: date-time */
        readonly MaybeDateTime: string | null;
    };
    responses: {
        /** @description The state. */
        readonly State: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/json": {
                    readonly data: components["schemas"]["State"];
                };
            };
        };
        /** @description The clock. */
        readonly Clock: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/json": {
                    readonly data: components["schemas"]["Clock"];
                };
            };
        };
        /** @description The recording. */
        readonly Recording: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/json": {
                    readonly data: components["schemas"]["Recording"];
                };
            };
        };
        /** @description The faults that are set now are in `data`. */
        readonly Removed: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/json": {
                    readonly data: readonly components["schemas"]["ArmedFault"][];
                };
            };
        };
        /** @description Why not. */
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
         * @description For how many real milliseconds a stream gathers what it sends, 1,000 at most; 0 without it. Costs a busy emulator
         *     less.
         */
        readonly Every: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    readonly getState: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: components["responses"]["State"];
            readonly default: components["responses"]["Error"];
        };
    };
    readonly reset: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: components["responses"]["State"];
            readonly default: components["responses"]["Error"];
        };
    };
    readonly stop: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Which emulator stops. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: {
                            readonly session: string;
                        };
                    };
                };
            };
            readonly default: components["responses"]["Error"];
        };
    };
    readonly streamEvents: {
        readonly parameters: {
            readonly query?: {
                /** @description Only events of this name. */
                readonly name?: string;
                /** @description Only events about this instance. */
                readonly instance?: string;
                /** @description A cursor that an event or an answer had; 0 is before everything remembered. */
                readonly after?: string;
                /** @description Real milliseconds, 600,000 at most; 0 without it. */
                readonly wait?: string;
                /** @description False ends the answer with the last event so far. */
                readonly follow?: "true" | "false";
                /**
                 * @description For how many real milliseconds a stream gathers what it sends, 1,000 at most; 0 without it. Costs a busy emulator
                 *     less.
                 */
                readonly every?: components["parameters"]["Every"];
            };
            readonly header?: {
                readonly "Last-Event-ID"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The events. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "text/event-stream": string;
                    readonly "application/json": {
                        readonly data: components["schemas"]["Events"];
                    };
                };
            };
            readonly default: components["responses"]["Error"];
        };
    };
    readonly invokeFunction: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Its key under `containers` in the stack, or its container ID. */
                readonly functionName: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: {
            readonly content: {
                readonly "application/json": {
                    /** @description Variables of this run, over those of the stack. */
                    readonly env?: {
                        readonly [key: string]: string;
                    };
                    /** @description The claim's token; a random one without it. */
                    readonly token?: string;
                    /** @description Releases the run once this TCP port of the container answers, instead of waiting for its end. */
                    readonly port?: number;
                };
            };
        };
        readonly responses: {
            /** @description How the run went. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: components["schemas"]["Invocation"];
                    };
                };
            };
            readonly default: components["responses"]["Error"];
        };
    };
    readonly scaleFunction: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Its key under `containers` in the stack, or its container ID. */
                readonly functionName: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly instances: number;
                };
            };
        };
        readonly responses: {
            /** @description The function. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: components["schemas"]["Function"];
                    };
                };
            };
            readonly default: components["responses"]["Error"];
        };
    };
    readonly getClock: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: components["responses"]["Clock"];
            readonly default: components["responses"]["Error"];
        };
    };
    readonly freezeClock: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: components["responses"]["Clock"];
            readonly default: components["responses"]["Error"];
        };
    };
    readonly resumeClock: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: components["responses"]["Clock"];
            readonly default: components["responses"]["Error"];
        };
    };
    readonly advanceClock: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    /** @description Whole milliseconds. They may lead as far as the end of the year 9998. */
                    readonly ms?: number;
                    /**
                     * @description The `next_deadline` that the clock has when it is moved; where there is none, it stays.
                     * @enum {string}
                     */
                    readonly to?: "next_deadline";
                } & (unknown | unknown);
            };
        };
        readonly responses: {
            readonly 200: components["responses"]["Clock"];
            readonly default: components["responses"]["Error"];
        };
    };
    readonly listFaults: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The faults, in the order in which they were set. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: readonly components["schemas"]["ArmedFault"][];
                    };
                };
            };
            readonly default: components["responses"]["Error"];
        };
    };
    readonly addFault: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["Fault"];
            };
        };
        readonly responses: {
            /** @description The fault as it is set. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: components["schemas"]["ArmedFault"];
                    };
                };
            };
            readonly default: components["responses"]["Error"];
        };
    };
    readonly clearFaults: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: components["responses"]["Removed"];
            readonly default: components["responses"]["Error"];
        };
    };
    readonly removeFault: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly faultId: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: components["responses"]["Removed"];
            readonly default: components["responses"]["Error"];
        };
    };
    readonly getInstance: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly instanceId: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The instance. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: components["schemas"]["InstanceDetails"];
                    };
                };
            };
            readonly default: components["responses"]["Error"];
        };
    };
    readonly getLogs: {
        readonly parameters: {
            readonly query?: {
                /** @description True keeps answering until the run's output ends. On an instance that is claimed it waits for the run to come. */
                readonly follow?: "true" | "false";
                /** @description One stream alone; both as they came without it. */
                readonly stream?: "stdout" | "stderr";
            };
            readonly header?: never;
            readonly path: {
                readonly instanceId: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description What was printed; nothing where the instance has not run yet. */
            readonly 200: {
                headers: {
                    /** @description How many bytes are missing before the first that is answered; "unknown" where that is not known. Left out where none are. */
                    readonly "Missing-Bytes"?: string;
                    /** @description Of an answer that follows: names the run, so that a reader that connects again knows whether it gets the same output from its beginning. */
                    readonly Run?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "text/plain": string;
                    readonly "application/octet-stream": string;
                    readonly "text/event-stream": string;
                };
            };
            readonly default: components["responses"]["Error"];
        };
    };
    readonly listRequests: {
        readonly parameters: {
            readonly query?: {
                /**
                 * @description For how many real milliseconds a stream gathers what it sends, 1,000 at most; 0 without it. Costs a busy emulator
                 *     less.
                 */
                readonly every?: components["parameters"]["Every"];
            };
            readonly header?: {
                readonly "Last-Event-ID"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The requests. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: readonly components["schemas"]["LoggedRequest"][];
                    };
                    readonly "text/event-stream": string;
                };
            };
            readonly default: components["responses"]["Error"];
        };
    };
    readonly getRequest: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly requestId: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The request. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: components["schemas"]["LoggedRequest"];
                    };
                };
            };
            readonly default: components["responses"]["Error"];
        };
    };
    readonly getRecording: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: components["responses"]["Recording"];
            readonly default: components["responses"]["Error"];
        };
    };
    readonly clearRecording: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: components["responses"]["Recording"];
            readonly default: components["responses"]["Error"];
        };
    };
    readonly exchangeCode: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly code: string;
                };
            };
        };
        readonly responses: {
            /** @description The access key. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: {
                            readonly access_key: string;
                        };
                    };
                };
            };
            readonly default: components["responses"]["Error"];
        };
    };
    readonly getDescription: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description OpenAPI 3.1. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/yaml": string;
                };
            };
            readonly default: components["responses"]["Error"];
        };
    };
    readonly getDescriptionAsJson: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description OpenAPI 3.1. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": Record<string, never>;
                };
            };
            readonly default: components["responses"]["Error"];
        };
    };
}
type FlattenedDeepRequired<T> = {
    [K in keyof T]-?: FlattenedDeepRequired<T[K] extends unknown[] | undefined | null ? Extract<T[K], unknown[]>[number] : T[K]>;
};
type ReadonlyArray<T> = [
    Exclude<T, undefined>
] extends [
    unknown[]
] ? Readonly<Exclude<T, undefined>> : Readonly<Exclude<T, undefined>[]>;
export const paths_emulatorEventsGetParametersQueryFollowValues: ReadonlyArray<FlattenedDeepRequired<paths>["/_emulator/events"]["get"]["parameters"]["query"]["follow"]> = ["true", "false"];
export const paths_emulatorClockAdvancePostRequestBodyContentApplicationJsonToValues: ReadonlyArray<FlattenedDeepRequired<paths>["/_emulator/clock/advance"]["post"]["requestBody"]["content"]["application/json"]["to"]> = ["next_deadline"];
export const paths_emulatorInstancesInstanceIdLogsGetParametersQueryFollowValues: ReadonlyArray<FlattenedDeepRequired<paths>["/_emulator/instances/{instanceId}/logs"]["get"]["parameters"]["query"]["follow"]> = ["true", "false"];
export const paths_emulatorInstancesInstanceIdLogsGetParametersQueryStreamValues: ReadonlyArray<FlattenedDeepRequired<paths>["/_emulator/instances/{instanceId}/logs"]["get"]["parameters"]["query"]["stream"]> = ["stdout", "stderr"];
export const instanceStateValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["Instance"]["state"]> = ["preparing", "available", "claimed", "starting", "running", "stopping", "failed"];
export const instanceStartsValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["Instance"]["starts"]> = ["hot", "warm", "cold"];
export const instanceOriginValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["Instance"]["origin"]> = ["linked"];
export const endingValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["Ending"]> = ["no_error", "destination_unavailable", "timeout_idle", "connection_invalid", "unknown_error", "router_none", "router_nomatch"];
export const loggedRequestOriginValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["LoggedRequest"]["origin"]> = ["linked"];
export const faultMatchOperationValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["FaultMatch"]["operation"]> = ["claim", "spawn", "release", "active", "reach", "pass-on"];
export const delayEffectTypeValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["DelayEffect"]["type"]> = ["delay"];
export const errorEffectTypeValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["ErrorEffect"]["type"]> = ["error"];
export const errorEffectCodeValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["ErrorEffect"]["code"]> = ["400.invalid-syntax", "401.auth-expired", "401.auth-invalid", "403.expired", "403.invalid-ip", "403.invalid-state", "403.mismatch", "403.not-allowed", "403.not-ready", "403.permissions", "404.container", "404.instance", "404.uri", "409.duplicate-found", "415.invalid-content-type", "422.already-exists", "422.invalid-argument", "422.invalid-input", "422.max-exceeded", "422.missing-argument", "422.not-compatible", "429.rate-limiting", "500.database", "500.unknown", "503.dependency-not-enabled", "503.not-enabled", "503.not-ready", "504.not-available"];
export const errorEffectStatusValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["ErrorEffect"]["status"]> = [400, 401, 403, 404, 409, 415, 422, 500, 501, 502, 503, 504];
export const resetEffectTypeValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["ResetEffect"]["type"]> = ["reset"];
export const resetEffectWhenValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["ResetEffect"]["when"]> = ["before", "after"];
export const malformedEffectTypeValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["MalformedEffect"]["type"]> = ["malformed"];
export const malformedEffectHowValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["MalformedEffect"]["how"]> = ["cut", "html"];
export const breakOffEffectTypeValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["BreakOffEffect"]["type"]> = ["breakOff"];
export const slowStartEffectTypeValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["SlowStartEffect"]["type"]> = ["slowStart"];
export const startFailureEffectTypeValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["StartFailureEffect"]["type"]> = ["startFailure"];
export const imageMissingEffectTypeValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["ImageMissingEffect"]["type"]> = ["imageMissing"];
export const exitAfterEffectTypeValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["ExitAfterEffect"]["type"]> = ["exitAfter"];
export const outOfMemoryEffectTypeValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["OutOfMemoryEffect"]["type"]> = ["outOfMemory"];
export const hangingStopEffectTypeValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["HangingStopEffect"]["type"]> = ["hangingStop"];
export const poolExhaustedEffectTypeValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["PoolExhaustedEffect"]["type"]> = ["poolExhausted"];
export const dockerAwayEffectTypeValues: ReadonlyArray<FlattenedDeepRequired<components>["schemas"]["DockerAwayEffect"]["type"]> = ["dockerAway"];
