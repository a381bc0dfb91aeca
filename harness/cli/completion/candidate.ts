/** Something that can stand where the cursor is. A value that ends with `/`, `:` or `=` goes on: no blank follows it. */
export interface Candidate {
  readonly value: string;
  /** One line, or ''. */
  readonly about: string;
}
