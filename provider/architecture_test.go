package provider_test

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "sallyport/"

// The floors of the house. Every package stands on one, and every package named here exists.
var floors = map[string][]string{
	"command": {"cmd/sallyport", "cmd/sallyport/admin", "cmd/sallyport/config", "cmd/sallyport/demo", "cmd/sallyport/demo/app", "cmd/sallyport/demo/entra", "cmd/sallyport/demo/inbox",
		"cmd/sallyport/instance"},
	"wiring": {"provider"},
	"edge":   {"provider/issuer", "provider/signin", "provider/account", "provider/admin/console"},
	"web":    {"provider/web"},
	"gate":   {"provider/gate"},
	"noun": {"provider/attempt", "provider/client", "provider/consent", "provider/notify", "provider/notify/delivery", "provider/notify/email",
		"provider/notify/sms", "provider/domain", "provider/explain", "provider/federation", "provider/federation/oidcrp", "provider/outbound", "provider/recovery", "provider/session", "provider/tenant", "provider/throttle",
		"provider/token", "provider/user"},
	"factor": {"mfa", "mfa/backup", "mfa/code", "mfa/code/spelling", "mfa/device", "mfa/recovery", "mfa/totp",
		"mfa/webauthn"},
	"policy":  {"mfa/policy"},
	"storage": {"storage", "storage/audit", "storage/db", "storage/id", "storage/purge", "storage/seal"},
	"server":  {"storage/embedded"},
	"test":    {"mfa/factortest", "mfa/webauthn/webauthntest", "provider/federation/federationtest", "storage/storagetest", "storage/storagetest/with"},
	"page":    {"templates", "static"},
}

// onto says which floors a floor may stand on. Within a floor packages do not import each other,
// except where beside says so.
var onto = map[string]struct{ floors, why string }{
	"command": {"wiring web gate noun factor policy storage server page", "the command line wires everything and administers the nouns"},
	"wiring":  {"edge web gate noun factor storage page", "it builds the edges, lists the factors, puts routes in order and decides nothing"},
	"edge":    {"web gate noun factor policy storage page", "edges turn HTTP into nouns; one edge in another would hide a second path"},
	"web":     {"page", "the edge knows no noun, but for its one table of errors"},
	"gate":    {"noun factor policy storage", "what issues has no HTTP around it"},
	"noun":    {"factor policy storage", "rules know neither HTTP nor pages"},
	"policy":  {"factor", "the judge is pure: no clock, no database, no request"},
	"factor":  {"", "mfa is usable without the provider"},
	"storage": {"", "storage knows no rule"},
	"server":  {"", "product and tests run the same server without knowing what is stored in it"},
	"test":    {"storage server", "a migrated database per test"},
	"page":    {"", "pages show what they are given"},
}

// beside are the single imports that no floor allows, each for its reason.
var beside = map[string]string{
	"cmd/sallyport -> cmd/sallyport/admin":              "subcommands",
	"cmd/sallyport -> cmd/sallyport/config":             "subcommands",
	"cmd/sallyport -> cmd/sallyport/demo":               "subcommands",
	"cmd/sallyport -> cmd/sallyport/instance":           "subcommands",
	"cmd/sallyport/admin -> cmd/sallyport/instance":     "opens what the server opens",
	"cmd/sallyport/demo -> cmd/sallyport/config":        "the demonstration is a configured instance",
	"cmd/sallyport/demo -> cmd/sallyport/demo/app":      "the application of the demonstration",
	"cmd/sallyport/demo -> cmd/sallyport/demo/inbox":    "the mailboxes of the demonstration",
	"cmd/sallyport/demo -> cmd/sallyport/instance":      "the demonstration is a configured instance",
	"cmd/sallyport/instance -> cmd/sallyport/config":    "an instance is made from its configuration",
	"cmd/sallyport -> provider/issuer":                  "rotates signing keys",
	"provider/web -> provider/attempt":                  "the one table of errors",
	"provider/web -> provider/gate":                     "the one table of errors",
	"provider/web -> provider/user":                     "the one table of errors",
	"provider/web -> storage":                           "the one table of errors",
	"provider/attempt -> provider/token":                "the secret that binds an attempt to its browser",
	"provider/client -> provider/token":                 "client secrets",
	"provider/notify -> provider/throttle":              "what goes to a mailbox is capped",
	"provider/notify -> provider/token":                 "the link by which somebody objects",
	"provider/notify/delivery -> provider/notify":       "delivers what is queued there",
	"provider/notify/delivery -> provider/notify/email": "one transport",
	"provider/notify/delivery -> provider/notify/sms":   "the other transport",
	"provider/notify/delivery -> templates":             "a mail is a page that is sent",
	"cmd/sallyport/demo -> cmd/sallyport/demo/entra":    "the simulated provider of the demonstration",
	"provider/explain -> provider/attempt":              "what stands on record of a sign-in, and facts made where real ones are",
	"provider/explain -> provider/tenant":               "a watched policy comes into force",
	"provider/federation -> provider/federation/oidcrp": "how to talk to a connection",
	"provider/federation -> provider/session":           "what rested on a link ends with it",
	"provider/federation -> provider/throttle":          "an emptied account begins anew",
	"provider/federation -> provider/user":              "addresses and locks of people",
	"provider/federation/oidcrp -> provider/outbound":   "addresses that tenants set",
	"provider/recovery -> provider/domain":              "administrators help inside proven domains only",
	"provider/recovery -> provider/session":             "what rested on the factors ends with them",
	"provider/recovery -> provider/throttle":            "new codes, new counter",
	"provider/user -> provider/notify":                  "links go to mailboxes",
	"provider/user -> provider/throttle":                "what goes to a mailbox is capped",
	"provider/user -> provider/token":                   "the secrets in links",
	"provider/session -> provider/token":                "the secret in the session cookie",
	"provider/user -> provider/session":                 "a new password ends what rests on the old one",
	"mfa/backup -> mfa":                                 "a factor",
	"mfa/backup -> mfa/code/spelling":                   "what people type",
	"mfa/backup -> storage/id":                          "a code belongs to its owner",
	"mfa/code -> mfa":                                   "a factor",
	"mfa/code -> mfa/code/spelling":                     "what people type",
	"mfa/code -> storage/id":                            "a code belongs to its owner",
	"mfa/device -> storage/id":                          "a device belongs to its owner",
	"mfa/factortest -> mfa":                             "what every factor must do",
	"mfa/factortest -> storage/id":                      "owners of the answers",
	"mfa/policy -> storage/id":                          "people named in a policy",
	"mfa/recovery -> mfa":                               "a factor",
	"mfa/recovery -> mfa/code/spelling":                 "what people type",
	"mfa/recovery -> storage/id":                        "a code belongs to its owner",
	"mfa/totp -> mfa":                                   "a factor",
	"mfa/totp -> mfa/code/spelling":                     "what people type",
	"mfa/webauthn -> mfa":                               "a factor",
	"mfa/webauthn -> storage/id":                        "a credential belongs to its owner",
	"mfa -> storage/id":                                 "identifiers are types, nothing else",
	"templates -> static":                               "hashed addresses of assets",
	"storage -> storage/db":                             "the compiled queries",
	"storage -> storage/id":                             "identifiers",
	"storage/audit -> storage":                          "writes in the caller's transaction",
	"storage/audit -> storage/db":                       "the compiled queries",
	"storage/audit -> storage/id":                       "identifiers",
	"storage/db -> storage/id":                          "identifiers",
	"storage/purge -> storage":                          "deletes in transactions over all tenants",
	"storage/purge -> storage/db":                       "the compiled queries",
	"storage/seal -> storage/id":                        "a sealed value is bound to its tenant",
}

// only lists who may import what is dangerous in other hands.
var only = map[string]struct {
	importers []string
	why       string
}{
	"github.com/zitadel/oidc/v3/pkg/op": {[]string{"provider/issuer"}, "protocol types stay behind one package"},
	module + "provider":                 {[]string{"cmd/sallyport/instance"}, "one place builds the server"},
	module + "provider/gate": {[]string{"provider", "provider/issuer", "provider/signin", "provider/web", "cmd/sallyport/instance"},
		"whoever can call the gate can issue (web: error table; instance: lifetimes)"},
}

// callers speak HTTP to others: gateways for text messages, and the providers of tenants.
var callers = []string{"provider/notify/sms", "provider/outbound", "provider/federation/oidcrp"}

type listed struct {
	ImportPath    string
	Imports, Deps []string
}

func (p listed) name() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, "sallyport"), "/")
}

func packages(t *testing.T) map[string]listed {
	t.Helper()
	list := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", "./...")
	list.Dir = ".."
	out, err := list.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		t.Fatalf("go list: %s", exit.Stderr)
	}
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]listed{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all[p.name()] = p
	}
}

func floorOf() map[string]string {
	at := map[string]string{}
	for floor, names := range floors {
		for _, name := range names {
			at[name] = floor
		}
	}
	return at
}

func TestEveryPackageHasItsPlace(t *testing.T) {
	t.Parallel()
	all, at := packages(t), floorOf()
	for name := range all {
		if at[name] == "" {
			t.Errorf("%q stands on no floor: say here where it belongs", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(at)) {
		if _, ok := all[name]; !ok {
			t.Errorf("%q is gone: take it out of the list", name)
		}
	}
}

func TestImportsGoOneWay(t *testing.T) {
	t.Parallel()
	at := floorOf()
	for name, p := range packages(t) {
		for _, path := range p.Imports {
			other, ours := strings.CutPrefix(path, module)
			if !ours {
				continue
			}
			below := onto[at[name]]
			if _, excepted := beside[name+" -> "+other]; !excepted && !slices.Contains(strings.Fields(below.floors), at[other]) {
				t.Errorf("%s imports %s: %s", name, other, below.why)
			}
		}
	}
}

func TestExceptionsAreInUse(t *testing.T) {
	t.Parallel()
	all := packages(t)
	for arrow, why := range beside {
		from, to, _ := strings.Cut(arrow, " -> ")
		if !slices.Contains(all[from].Imports, module+to) {
			t.Errorf("nobody needs %q (%s) any more: take it out", arrow, why)
		}
	}
}

func TestSomeImportsAreForAFewOnly(t *testing.T) {
	t.Parallel()
	for name, p := range packages(t) {
		for path, rule := range only {
			if slices.Contains(p.Imports, path) && !slices.Contains(rule.importers, name) {
				t.Errorf("%s imports %s: %s", name, path, rule.why)
			}
		}
	}
}

// What holds for what is reached, not only for what is written in the import list.
func TestPurePackagesReachNothingImpure(t *testing.T) {
	t.Parallel()
	all := packages(t)
	for _, name := range slices.Concat(floors["factor"], floors["policy"]) {
		for _, dep := range all[name].Deps {
			// The library behind mfa/webauthn also reads requests, with functions that nobody calls; ours import it nowhere.
			if dep == "net/http" && name != "mfa/webauthn" || dep == "github.com/jackc/pgx/v5" || strings.HasPrefix(dep, module+"provider") {
				t.Errorf("%s reaches %s: mfa is usable on its own", name, dep)
			}
		}
	}
	for _, path := range all["mfa/policy"].Imports {
		if strings.Contains(strings.Split(path, "/")[0], ".") {
			t.Errorf("mfa/policy imports %s: the judge needs nothing but mfa", path)
		}
	}
	for _, noun := range slices.Concat(floors["noun"], floors["gate"]) {
		if slices.Contains(all[noun].Imports, "net/http") && !slices.Contains(callers, noun) {
			t.Errorf("%s imports net/http: rules do not know the edge", noun)
		}
	}
}
