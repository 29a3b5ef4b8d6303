// Puts the address under which the page was found into its examples: behind a proxy no server knows that.

const address = new URL(".", location.href).href.replace(/\/$/, "");
for (const element of document.querySelectorAll(".address")) element.textContent = address;
