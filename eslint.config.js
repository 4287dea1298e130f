// Lints all TypeScript but the kernels: assembly/ is AssemblyScript, which tsc (assembly/tsconfig.json)
// and Prettier check.
import tseslint from "typescript-eslint";

export default tseslint.config(
  {
    ignores: [
      "assembly/**",
      "build/**",
      "dist/**",
      "coverage/**",
      "**/node_modules/**",
      // Peers have dependencies of their own, which `npm ci` doesn't install.
      "bench/peers/**",
      "src/**/*.generated.ts",
      "**/*.d.ts",
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ["*.config.ts"] } },
    },
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-console": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/consistent-type-imports": [
        "error",
        { fixStyle: "inline-type-imports", disallowTypeAnnotations: false },
      ],
      // `noUncheckedIndexedAccess` is on: an index that a loop bounds needs its `!`.
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      // Input from JavaScript callers is checked although its type forbids it.
      "@typescript-eslint/no-unnecessary-condition": "off",
      // A callback may return something or nothing: `(x: Tensor) => Tensor | void`.
      "@typescript-eslint/no-invalid-void-type": "off",
      // `const { add, mul } = module` and `Linear.prototype.forward` are how methods are told apart.
      "@typescript-eslint/unbound-method": "off",
      // `void x.buffer` reads a getter that throws.
      "@typescript-eslint/no-meaningless-void-operator": "off",
      // A type parameter that is used once spares the caller a cast.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      // Thunks of gradients and short callbacks read better without a block.
      "@typescript-eslint/no-confusing-void-expression": "off",
      // `for (let i...)` over shapes and strides together is what this library does all day.
      "@typescript-eslint/prefer-for-of": "off",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_" },
      ],
    },
  },
  {
    // What people run prints.
    files: ["bench/**/*.ts", "examples/**/*.ts"],
    rules: { "no-console": "off" },
  },
  {
    files: ["scripts/**/*.mjs", "*.js"],
    extends: [tseslint.configs.strict],
    rules: { eqeqeq: "error", "prefer-const": "error" },
  },
);
