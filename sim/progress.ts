// How long work tells whoever waits what it is doing.

/** Called with a short present-tense sentence: 'alex-6 on eie-64'. */
export type Progress = (doing: string) => void;

export const silent: Progress = () => {};
