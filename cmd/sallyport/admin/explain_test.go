package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"sallyport/provider/attempt"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"sallyport/cmd/sallyport/admin"
	"sallyport/cmd/sallyport/instance"
	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/explain"
	"sallyport/provider/tenant"
	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/storagetest"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

// shell types commands about policies into a tenant that has one person.
type shell struct {
	*storage.Store
	t        *testing.T
	database storagetest.Database
	acme     id.Tenant
	alice    id.User
}

func newShell(t *testing.T) *shell {
	t.Helper()
	d := storagetest.NewDatabase(t)
	s := &shell{Store: d.Open(t), t: t, database: d}
	var err error
	s.acme, err = tenant.Create(ctx, s.Store, "acme", "Acme", policy.Default(), audit.Operator, now)
	s.must(err)
	s.alice, err = user.Create(ctx, s.Store, s.acme, user.New{Email: "alice@acme.test", Role: "user", PasswordHash: "x", Confirmed: true}, audit.Operator, now)
	s.must(err)
	return s
}

func (s *shell) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *shell) try(args ...string) (string, error) {
	s.t.Helper()
	var grammar struct {
		Policy admin.Policies `cmd:""`
	}
	parser, err := kong.New(&grammar)
	s.must(err)
	command, err := parser.Parse(append([]string{"policy"}, args...))
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	desk := &admin.Desk{Out: &out, In: strings.NewReader(""), Now: func() time.Time { return now }, Open: func(context.Context) (*instance.Instance, error) {
		return &instance.Instance{Store: s.database.Open(s.t)}, nil
	}}
	command.BindTo(ctx, (*context.Context)(nil))
	err = command.Run(desk)
	return out.String(), err
}

func (s *shell) do(args ...string) string {
	s.t.Helper()
	out, err := s.try(args...)
	if err != nil {
		s.t.Fatalf("%v: %v", args, err)
	}
	return out
}

func (s *shell) record(kind audit.Kind, told attempt.Told) {
	s.t.Helper()
	s.must(s.InTenant(ctx, s.acme, func(tx *storage.Tx) error {
		return audit.Record(ctx, tx, s.acme, audit.Event{Kind: kind, At: now, Actor: audit.User(s.alice), Target: audit.OnUser(s.alice), Detail: told})
	}))
}

func decode[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func TestPastSignInIsListedAndExplained(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.record(audit.SignInDone, attempt.Told{Client: "web\x1b[2J", ACR: mfa.OneFactor.ACR(), AMR: []string{"pwd"}, Rule: "baseline", Why: policy.WhySatisfied, Policy: 1,
		Proofs: []mfa.Proof{{Kind: mfa.Password, At: now}}})
	rows := decode[[]map[string]any](t, s.do("explain", "--tenant", "acme", "--user", "ALICE@acme.test", "--json"))
	if len(rows) != 1 || rows[0]["email"] != "alice@acme.test" || rows[0]["outcome"] != "let_in" {
		t.Fatalf("rows %v", rows)
	}
	event := rows[0]["event"].(string)
	list := s.do("explain", "--tenant", "acme")
	if !strings.Contains(list, event) || !strings.Contains(list, "let in") || strings.Contains(list, "\x1b") {
		t.Errorf("list:\n%s", list)
	}
	want := `2026-01-02 03:04:05Z  alice@acme.test  web?[2J  -  -
The person began with a password. (2026-01-02 03:04:05Z)
No second step was shown.
No rule asked for more than a first proof.
Everything asked for was shown.
Outcome: let in.
Apps are told acr urn:sallyport:acr:1fa and amr pwd.
Version 1 of the policy applied.
An operator made that version from the command line on 2026-01-02.
`
	if got := s.do("explain", "--tenant", "acme", event); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if x := decode[explain.Explained](t, s.do("explain", "--tenant", "acme", event, "--json")); x.Rule != "baseline" || x.Outcome != policy.LetIn || len(x.Sentences) == 0 {
		t.Errorf("explained %+v", x)
	}
}

func TestWhatIfIsAskedFromTheCommandLine(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	c, i := id.NewConnection(), id.NewIdentity()
	s.must(s.Tenant(s.acme).CreateConnection(ctx, db.CreateConnectionParams{TenantID: s.acme, ID: c, Kind: "oidc", Name: "Our IdP", Settings: []byte("{}"), CreatedAt: now}))
	s.must(s.Tenant(s.acme).CreateIdentity(ctx, db.CreateIdentityParams{TenantID: s.acme, ID: i, UserID: s.alice, ConnectionID: c, Issuer: "i", Subject: "s", CreatedAt: now}))
	p := policy.Default()
	p.SecondFactor, p.Exemptions = policy.Required, []policy.Exemption{{Connection: c, Mode: policy.ByEvidence, Accept: mfa.GradeGood,
		Evidence: []policy.Evidence{{AMR: []string{"mfa"}, ACR: []string{"high"}, ACRS: []string{"c1"}, MaxAge: 600, Grade: mfa.GradeGood, Level: "aal2"}}}}
	p.Version = 1
	s.must(tenant.SetPolicy(ctx, s.Store, s.acme, p, audit.Operator, nil, audit.Origin{}, now))
	ask := func(more ...string) explain.Verdict {
		return decode[explain.Verdict](t, s.do(append([]string{"what-if", "--tenant", "acme", "--user", "alice@acme.test", "--json"}, more...)...))
	}
	told := []string{"--connection", "Our IdP", "--amr", "pwd,mfa", "--acr", "high", "--acrs", "c2,c1"}
	for name, row := range map[string]struct {
		args []string
		want policy.Outcome
	}{
		"password":         {nil, policy.MustEnrol},
		"fresh":            {append(told, "--auth-age", "5m", "--level", "aal2", "--address", "192.0.2.1"), policy.LetIn},
		"stale":            {append(told, "--auth-age", "11m"), policy.AskedUpstream},
		"nobody knows":     {told, policy.AskedUpstream},
		"at another time":  {append(told, "--auth-age", "1m", "--at", "2026-01-05T00:00:00Z"), policy.LetIn},
		"nothing told":     {[]string{"--connection", "Our IdP"}, policy.AskedUpstream},
		"phishing, demand": {append(told, "--auth-age", "5m", "--level", "phr"), policy.MustEnrol},
	} {
		if v := ask(row.args...); v.Outcome != row.want {
			t.Errorf("%s: %s, want %s: %+v", name, v.Outcome, row.want, v)
		}
	}
	if out := s.do("what-if", "--tenant", "acme", "--user", "alice@acme.test"); !strings.Contains(out, "By setting up Authenticator app, the person gets in.\n") {
		t.Errorf("said:\n%s", out)
	}
}

func TestMisuseOfExplanationsIsToldFromFailure(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	for _, row := range []struct {
		misuse bool
		args   []string
	}{
		{true, []string{"explain", "--tenant", "acme", "x"}},
		{true, []string{"explain", "--tenant", "acme", "--user", "alice@acme.test", id.NewEvent().String()}},
		{false, []string{"explain", "--tenant", "acme", id.NewEvent().String()}},
		{false, []string{"explain", "--tenant", "acme", "--user", "bob@acme.test"}},
		{true, []string{"what-if", "--tenant", "acme", "--user", "alice@acme.test", "--amr", "mfa"}},
		{true, []string{"what-if", "--tenant", "acme", "--user", "alice@acme.test", "--level", "high"}},
		{false, []string{"what-if", "--tenant", "acme", "--user", "alice@acme.test", "--client", "web"}},
		{false, []string{"what-if", "--tenant", "acme", "--user", "alice@acme.test", "--connection", "Entra"}},
		{false, []string{"report", "show", "--tenant", "acme"}},
		{false, []string{"report", "end", "--tenant", "acme"}},
		{false, []string{"report", "enforce", "--tenant", "acme"}},
	} {
		var usage admin.Usage
		if _, err := s.try(row.args...); err == nil || errors.As(err, &usage) != row.misuse {
			t.Errorf("%v: %v", row.args, err)
		}
	}
}

func TestWatchedPolicyIsBegunCountedAndEnforced(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.do("report", "begin", "--tenant", "acme", "--second-factor", "required")
	if _, err := s.try("report", "begin", "--tenant", "acme"); err == nil || !strings.Contains(err.Error(), "watches a policy already") {
		t.Errorf("a second one: %v", err)
	}
	r := decode[explain.Report](t, s.do("report", "show", "--tenant", "acme", "--json"))
	s.record(audit.SignInDone, attempt.Told{Report: &attempt.Watched{ID: r.ID, Before: policy.LetIn, After: policy.MustEnrol}})
	if out := s.do("report", "show", "--tenant", "acme"); !strings.Contains(out, "let in    made to set up a second step  1         1") {
		t.Errorf("shown:\n%s", out)
	}
	if out := s.do("report", "enforce", "--tenant", "acme"); !strings.Contains(out, "version              2") || !strings.Contains(out, "second factor        required") {
		t.Errorf("enforced:\n%s", out)
	}
	s.do("report", "begin", "--tenant", "acme", "--second-factor", "off")
	s.do("report", "end", "--tenant", "acme")
	if p := decode[map[string]any](t, s.do("show", "--tenant", "acme", "--json")); p["second_factor"] != "required" {
		t.Errorf("policy %v", p)
	}
}
