/** Messages between the bench and the attacking process. */

/** Input of an attack. */
export interface Target {
  /** `http://host:port` of the API. */
  url: string;
  /** Bearer token of the attacker's account. */
  token: string;
  /** Duration of the attack, s. */
  seconds: number;
  /** Path of the photo for attacks that upload one. */
  photo?: string;
}

/** Attack messages by how they were answered: an HTTP status, a GraphQL code, a close code, or a network error. */
export type Answers = Record<string, number>;

/** One attack, run until `seconds` are over. Calls `count` once per message, when its outcome is known. */
export type Attack = (target: Target, count: (answer: string) => void) => Promise<void>;
