// The words of the pad in a notebook, in English.

export const words = {
  title: "The pad",
  inside: "Look inside the network",
};
