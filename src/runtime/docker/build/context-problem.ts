/** Why a build context cannot be sent; both parts are for the user. */
export class ContextProblem extends Error {
  readonly remedy: string;

  constructor(reason: string, remedy: string) {
    super(reason);
    this.remedy = remedy;
  }
}
