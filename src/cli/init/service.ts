import { isRecord } from '../../shared/values.ts';
import { composeFields } from '../../stack/compose-fields.ts';

export type Tree = Readonly<Record<string, unknown>>;

/** What a field of a service becomes; undefined where it cannot be said. */
export type Say<Value> = (value: unknown) => Value | null;

/** Reads a service field by field, and notes those that nothing was made of. */
export class Service {
  readonly #fields: Tree;
  readonly #name: string;
  readonly #notes: string[];
  readonly #said = new Set<string>();

  constructor(name: string, fields: Tree, notes: string[]) {
    this.#name = name;
    this.#fields = fields;
    this.#notes = notes;
  }

  /** The field as a stack says it; undefined where it is absent, or cannot be said, which is then noted. */
  say<Value>(field: string, toValue: Say<Value>, reason = 'a stack cannot say it in this form'): Value | undefined {
    const value = this.#fields[field];
    this.#said.add(field);
    if (value === undefined || value === null) return undefined;
    const said = toValue(value);
    if (said === null) this.note(field, reason);
    return said ?? undefined;
  }

  /** The fields of one of its fields; none where that is no map. */
  inside(field: string): Tree {
    this.#said.add(field);
    const value = this.#fields[field];
    return isRecord(value) ? value : {};
  }

  note(field: string, reason: string): void {
    this.#notes.push(`services.${this.#name}.${field}: ${reason}`);
  }

  noteRest(): void {
    for (const field of Object.keys(this.#fields)) {
      if (this.#said.has(field) || field.startsWith('x-')) continue;
      this.note(field, reasons[field] ?? composeFields[field] ?? 'not a field that init knows');
    }
  }
}

const reasons: Readonly<Record<string, string>> = {
  volumes: 'the emulator mounts none, and a function keeps nothing between runs',
  env_file: 'its values may be secrets: write what the function needs into config.runtime.environment_vars',
  profiles: 'a stack has none, so this container is always part of it',
  restart: 'functions are not restarted',
};
