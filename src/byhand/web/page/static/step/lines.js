// The very lines of network.py and optimizers.py that compute what a stage shows. A test can look them up there.

export const NETWORK = {
  image: ["inputs = [x]  # (batch, n_in)"],
  wanted: [
    "numbers = xp.arange(classes, dtype=labels.dtype, device=labels.device)",
    "return xp.astype(labels[:, None] == numbers[None, :], dtype)",
  ],
  hidden: ["inputs.append(f(inputs[-1] @ v + c))  # (batch, n_out)"],
  logits: ["return inputs, inputs[-1] @ w + b  # (batch, classes)"],
  softmax: [
    "powers = xp.exp(logits - xp.max(logits, axis=1, keepdims=True))  # The largest is exp(0) = 1: nothing overflows.",
    "return powers / xp.sum(powers, axis=1, keepdims=True)",
  ],
  loss: [
    "return z - xp.log(xp.sum(xp.exp(z), axis=1, keepdims=True))",
    "return -array_namespace(log_p).sum(y * log_p, axis=1)",
  ],
  error: [
    "delta = (xp.exp(log_p) - y) / x.shape[0]  # Of softmax and cross-entropy together, p − y is all that is left.",
  ],
  back: ["delta = (delta @ w.T) * slope(a)  # (batch, n_in)"],
  gradient: ["dw[...] = a.T @ delta  # (n_in, n_out)", "db[...] = xp.sum(delta, axis=0)  # (n_out,)"],
};

export const OPTIMIZERS = { step: ["gradient *= learning_rate", "theta -= gradient"] };
