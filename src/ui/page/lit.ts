// All that the page has of its one library. What a template is given is text, never markup: the ways around that are not
// here, and `npm run check` has them nowhere.
export { html, nothing, render, svg, type TemplateResult } from 'lit-html';
export { ref } from 'lit-html/directives/ref.js';
export { repeat } from 'lit-html/directives/repeat.js';
