/** What every result can be rendered to. */
export const formats = ['table', 'json', 'csv', 'markdown', 'html'] as const;

export type Format = (typeof formats)[number];
