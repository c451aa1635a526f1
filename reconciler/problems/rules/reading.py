"""R0xx: files that cannot be read, and values that have not the shape of a manifest."""

from __future__ import annotations

from reconciler.problems.rules.rule import error_rule, warning_rule

_NOT_READ = "Nothing in the file can be checked or applied, so the whole run stops."
_TYPO = "Airbyte ignores fields that it does not know, so a misspelt one would silently do nothing."

FAILED = error_rule(
    "R000",
    "failed",
    what="Something stopped the command, and no rule below describes it.",
    why="Nothing more was done than what the message says.",
    hint="Read the message; if it does not help, report it.",
)

UNREADABLE_FILE = error_rule(
    "R001",
    "unreadable file",
    what="A file of the project cannot be opened.",
    why=_NOT_READ,
    hint="Check the file's permissions, and that it is no broken link.",
)

NOT_A_TEXT_FILE = error_rule(
    "R002",
    "not a text file",
    what="A manifest holds bytes that are not UTF-8 text.",
    why=_NOT_READ,
    hint="Save it as UTF-8; move files that are no manifests out of the folder.",
)

MERGE_CONFLICT = error_rule(
    "R003",
    "merge conflict",
    what="A file still has the conflict markers of a git merge.",
    why="It says two things at once.",
    hint="Resolve the conflict and remove the markers.",
    example="<<<<<<< HEAD\nversion: 1",
)

EMPTY_FILE = error_rule(
    "R004",
    "empty file",
    what="There is nothing in the file, or only comments.",
    why="An empty manifest would read as a tenant that has lost everything.",
    hint="Write the tenant into it, or remove the file.",
    example="# soon",
)

FILE_TOO_LARGE = error_rule(
    "R005",
    "file too large",
    what="The file has more than a million values, aliases counted out, or is nested too deep.",
    why="No manifest is like that; a few lines of aliases can stand for billions of values.",
    hint="Split the file, or repeat less with aliases.",
)

RECURSIVE_ALIAS = error_rule(
    "R006",
    "recursive alias",
    what="A YAML alias contains itself.",
    why="It has no end, so it has no value.",
    hint="Write the value out.",
    example="labels: &all {tier: *all}",
)

UNUSABLE_KEY = error_rule(
    "R007",
    "unusable key",
    what="A key is no text, or has characters that a key of this section cannot have.",
    why="Keys become part of names, file names and `kind/tenant/key` addresses.",
    hint="Use letters, digits, `_`, `.` and `-`, beginning with a letter or digit.",
    example="sources:\n  my stripe: {}",
)

DUPLICATE_KEY = error_rule(
    "R008",
    "duplicate key",
    what="A key is set twice: in one mapping, or in two files of a tenant's folder.",
    why="YAML readers keep the last one without a word, and the first is lost.",
    hint="Remove one of them.",
    example="prefix: a_\nprefix: b_",
)

UNUSABLE_MERGE = error_rule(
    "R009",
    "unusable merge",
    what="A `<<` merges something that is no mapping.",
    why="There are no keys to merge.",
    hint="Let the alias behind `<<` point to a mapping, or to a list of them.",
    example="workspace: {<<: acme}",
)

UNSUPPORTED_TAG = error_rule(
    "R010",
    "unsupported tag",
    what="A value has a YAML tag such as `!env` or `!!python/name`.",
    why="Manifests hold plain JSON values; a tag would be code or a type of its own.",
    hint="Remove the tag; for variables write `${{ env.NAME }}`.",
    example="name: !env ACME_NAME",
)

NOT_YAML = error_rule(
    "R011",
    "not YAML",
    what="The file breaks YAML's grammar.",
    why=_NOT_READ,
    hint="Look at the place given and just above it: indentation, quotes, brackets.",
    example="name: [a",
)

WRONG_SHAPE = error_rule(
    "R012",
    "wrong shape",
    what="The file is a list or a single value.",
    why="A manifest is a mapping with keys such as `tenant:` and `sources:`.",
    hint="Begin with `version: 1` and `tenant: KEY`.",
    example="- acme",
)

NO_PROJECT_HERE = error_rule(
    "R013",
    "no project here",
    what="The folder has no `reconciler.yaml`.",
    why="Nothing says where the manifests are and which Airbyte they are for.",
    hint="Run in the project's folder, or name it with `--project DIR`.",
)

UNKNOWN_ENVIRONMENT = error_rule(
    "R014",
    "unknown environment",
    what="`--env` or `defaultEnvironment` names an environment that the project has not.",
    why="There is no address to go to.",
    hint="Declare it under `environments:` in `reconciler.yaml`, or correct the name.",
    example="defaultEnvironment: prodution",
)

NO_MANIFESTS_FOLDER = error_rule(
    "R015",
    "no manifests folder",
    what="The folder that `manifests:` names does not exist.",
    why="A project whose manifests have vanished must not read as one without tenants.",
    hint="Correct `manifests:` in `reconciler.yaml`.",
    example="manifests: tenant",
)

EMPTY_FOLDER = error_rule(
    "R016",
    "empty folder",
    what="A tenant's folder holds no YAML file.",
    why="A tenant whose files have vanished must not read as a tenant without sources.",
    hint="Put the tenant's files back, or remove the folder.",
)

NO_MANIFESTS = error_rule(
    "R017",
    "no manifests",
    what="The manifests' folder holds no YAML file.",
    why="There is nothing to work on.",
    hint="Add `TENANT.yaml`, or a folder of files for a tenant.",
)

UNKNOWN_KEY = error_rule(
    "R020",
    "unknown key",
    what="A key is not part of the format at this place.",
    why=_TYPO,
    hint="Correct the spelling, or move the key to where it belongs.",
    example="connections:\n  stripe: {stream: all}",
)

MISSING_KEY = error_rule(
    "R021",
    "missing key",
    what="A key that must be there is not.",
    why="There is no sensible default for it.",
    hint="Add it.",
    example="sources:\n  stripe: {type: stripe}",
)

CONFLICTING_KEYS = error_rule(
    "R022",
    "conflicting keys",
    what="Two keys stand together that exclude each other.",
    why="They would say two things about one fact.",
    hint="Keep the one that you mean.",
    example="destination: {}\ndestinations: {}",
)

WRONG_TYPE = error_rule(
    "R023",
    "wrong type",
    what="A value has another type than its key takes.",
    why="It cannot be understood, or Airbyte would refuse it.",
    hint="Give it the type that the message names; put texts that look like numbers in quotes.",
    example="sources: [stripe]",
)

UNKNOWN_VALUE = error_rule(
    "R024",
    "unknown value",
    what="A key has a fixed set of values, and this is none of them.",
    why="Airbyte would refuse it.",
    hint="Take one of the values that the message lists.",
    example="connections:\n  stripe: {status: paused}",
)

INVALID_VALUE = error_rule(
    "R025",
    "invalid value",
    what="A value has the right type but not the right form, length or size.",
    why="Airbyte would refuse it, or it would name nothing.",
    hint="The message says which forms are accepted.",
    example="tenant: -acme",
)

SECRET_NOT_ALLOWED_HERE = error_rule(
    "R026",
    "secret not allowed here",
    what="`${{ secrets.NAME }}` stands outside of a connector's configuration.",
    why="Airbyte shows this value to everybody who may read the workspace.",
    hint="Use `${{ env.NAME }}` for what is no secret.",
    example="workspace: {name: '${{ secrets.NAME }}'}",
)

UNDEFINED_VARIABLE = error_rule(
    "R030",
    "undefined variable",
    what="`${{ env.NAME }}` names a variable that is not set.",
    why="An empty value in its place could point a source at nothing or at everything.",
    hint="Set the variable, or write a default: `${{ env.NAME || eu }}`.",
    example="prefix: ${{ env.PREFIX }}",
)

UNKNOWN_EXPRESSION = error_rule(
    "R031",
    "unknown expression",
    what="`${{ … }}` holds a name that means nothing at this place.",
    why="It would be sent to Airbyte as it stands.",
    hint="Use `env.NAME`, `secrets.NAME` (in configurations) or `tenant`.",
    example="prefix: ${{ vars.PREFIX }}",
)

MALFORMED_EXPRESSION = error_rule(
    "R032",
    "malformed expression",
    what="`${{` is not followed by a name, an optional default and `}}`.",
    why="It would be sent to Airbyte as it stands.",
    hint="Write `${{ env.NAME }}`; Airbyte's own `${SOURCE_NAMESPACE}` has single braces.",
    example="prefix: ${{ env.PREFIX",
)

UNUSABLE_CREDENTIALS = error_rule(
    "R033",
    "unusable credentials",
    what="A token, a name or a password holds a sign that no request can carry, such as a line "
    "break inside.",
    why="No server would let it in, and what cannot be sent is easily printed.",
    hint="Store it anew, by itself. White space around it does no harm.",
)

UNUSABLE_ADDRESS = error_rule(
    "R034",
    "unusable address",
    what="The `url` of an environment is no address of an API: it is not of http or https, "
    "does not have a host, or has credentials or a query in it.",
    why="No path can be put behind it, and credentials in an address are easily printed.",
    hint="Write the address alone; credentials have fields of their own.",
    example="environments: {production: {url: 'https://me:pw@host/v1'}}",
)

WAIVER_WITHOUT_A_REASON = warning_rule(
    "R040",
    "waiver without a reason",
    what="A `# reconciler: allow` comment does not say why.",
    why="The next reader cannot tell whether it may be removed.",
    hint="Write the reason behind the rule's id.",
    example="# reconciler: allow R301",
)

UNUSED_WAIVER = warning_rule(
    "R041",
    "unused waiver",
    what="A `# reconciler: allow` comment silences nothing.",
    why="It would hide the next mistake that is made at this place.",
    hint="Remove it; alone on a line it holds for the next line, else for its own.",
    example="# reconciler: allow R301 no longer so\nversion: 1",
)

UNUSABLE_WAIVER = warning_rule(
    "R042",
    "unusable waiver",
    what="A `# reconciler:` comment is not of the form `allow RULE reason`, or names no rule.",
    why="It silences nothing, although somebody meant it to.",
    hint="Write `# reconciler: allow RULE reason`; most errors cannot be waived.",
    example="# reconciler: ignore R301",
)
