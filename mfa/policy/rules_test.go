package policy_test

import (
	"net/netip"
	"slices"
	"testing"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/storage/id"
)

func ruled(r policy.Rule) func(*policy.Facts) {
	r.Name = "test"
	return func(f *policy.Facts) { f.Policy.Rules = append(f.Policy.Rules, r) }
}

func from(address string) func(*policy.Facts) {
	return func(f *policy.Facts) { f.Address = netip.MustParseAddr(address) }
}

func mailing(address string) func(*policy.Facts) {
	return func(f *policy.Facts) { f.User.Email = address }
}

func role(r string) func(*policy.Facts) { return func(f *policy.Facts) { f.User.Role = r } }

func client(c string) func(*policy.Facts) { return func(f *policy.Facts) { f.Client = c } }

func networks(of ...string) (out []netip.Prefix) {
	for _, n := range of {
		out = append(out, netip.MustParsePrefix(n))
	}
	return out
}

func TestRuleAppliesWhereAllItsConditionsFit(t *testing.T) {
	t.Parallel()
	office := networks("10.0.0.0/8", "2001:db8::/32")
	for name, c := range map[string]struct {
		rule  policy.Rule
		facts []func(*policy.Facts)
		want  bool
	}{
		"no condition":                              {policy.Rule{}, nil, true},
		"role":                                      {policy.Rule{Roles: []string{"admin", "owner"}}, []func(*policy.Facts){role("owner")}, true},
		"another role":                              {policy.Rule{Roles: []string{"admin", "owner"}}, nil, false},
		"A13: a role that nobody knows":             {policy.Rule{Roles: []string{"admin"}}, []func(*policy.Facts){role("")}, true},
		"R16: domain":                               {policy.Rule{Domains: []string{"acme.example"}}, nil, true},
		"R16: domain in capitals, with a dot":       {policy.Rule{Domains: []string{"acme.example"}}, []func(*policy.Facts){mailing("Kari@ACME.Example.")}, true},
		"R16: another domain":                       {policy.Rule{Domains: []string{"acme.example"}}, []func(*policy.Facts){mailing("kari@globex.example")}, false},
		"R16: a domain below is another one":        {policy.Rule{Domains: []string{"acme.example"}}, []func(*policy.Facts){mailing("kari@mail.acme.example")}, false},
		"R16: a domain that ends alike":             {policy.Rule{Domains: []string{"acme.example"}}, []func(*policy.Facts){mailing("kari@notacme.example")}, false},
		"R16: full-width letters are no way around": {policy.Rule{Domains: []string{"acme.example"}}, []func(*policy.Facts){mailing("kari@ａcme.example")}, true},
		"A13: an address without a domain":          {policy.Rule{Domains: []string{"acme.example"}}, []func(*policy.Facts){mailing("kari")}, true},
		"client":                                    {policy.Rule{Clients: []string{"wiki", "shop"}}, []func(*policy.Facts){client("shop")}, true},
		"another client":                            {policy.Rule{Clients: []string{"wiki"}}, []func(*policy.Facts){client("shop")}, false},
		"a page of ours is no client":               {policy.Rule{Clients: []string{"wiki"}}, nil, false},
		"network":                                   {policy.Rule{Networks: office}, []func(*policy.Facts){from("10.20.30.40")}, true},
		"network, IPv6":                             {policy.Rule{Networks: office}, []func(*policy.Facts){from("2001:db8::1")}, true},
		"network, IPv4 in IPv6":                     {policy.Rule{Networks: office}, []func(*policy.Facts){from("::ffff:10.20.30.40")}, true},
		"network, with an interface":                {policy.Rule{Networks: office}, []func(*policy.Facts){from("2001:db8::1%eth0")}, true},
		"another network":                           {policy.Rule{Networks: office}, []func(*policy.Facts){from("11.0.0.1")}, false},
		"A13: an address that nobody knows":         {policy.Rule{Networks: office}, nil, true},
		"outside":                                   {policy.Rule{Outside: office}, []func(*policy.Facts){from("203.0.113.9")}, true},
		"not outside":                               {policy.Rule{Outside: office}, []func(*policy.Facts){from("10.0.0.1")}, false},
		"not outside, IPv4 in IPv6":                 {policy.Rule{Outside: office}, []func(*policy.Facts){from("::ffff:10.0.0.1")}, false},
		"A13: outside, for all we know":             {policy.Rule{Outside: office}, nil, true},
		"two conditions":                            {policy.Rule{Roles: []string{"admin"}, Outside: office}, []func(*policy.Facts){role("admin"), from("203.0.113.9")}, true},
		"one of two conditions":                     {policy.Rule{Roles: []string{"admin"}, Outside: office}, []func(*policy.Facts){from("203.0.113.9")}, false},
	} {
		c.rule.Level = "2sv"
		got := read(policy.Decide(person(policy.Optional, false, append(c.facts, ruled(c.rule))...)))
		want := verdictText{"pass", "baseline", policy.WhySatisfied}
		if c.want {
			want = verdictText{"enrol", "rule:test", policy.WhyRule}
		}
		if got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestRulesDemandALevel(t *testing.T) {
	t.Parallel()
	aal2, phr := ruled(policy.Rule{Level: "aal2"}), ruled(policy.Rule{Level: "phr"})
	two := ruled(policy.Rule{Level: "2sv"})
	keyed := func(f *policy.Facts) { f.User.Factors = []mfa.Authenticator{{ID: key, Kind: mfa.WebAuthn}} }
	for name, c := range map[string]struct {
		facts policy.Facts
		want  verdictText
	}{
		"none demands nothing":                               {person(policy.Optional, false, ruled(policy.Rule{Level: "none"})), verdictText{"pass", "baseline", policy.WhySatisfied}},
		"2sv, shown":                                         {person(policy.Off, true, two, showing(password(fresh), code(fresh, phone))), verdictText{"pass", "enrolled", policy.WhySatisfied}},
		"2sv, a backup code":                                 {person(policy.Off, true, two, showing(password(fresh), backup(fresh))), verdictText{"pass", "enrolled", policy.WhySatisfied}},
		"aal2, a backup code":                                {person(policy.Off, true, aal2, showing(password(fresh), backup(fresh))), verdictText{"code", "rule:test", policy.WhyRule}},
		"aal2, an access code":                               {person(policy.Off, true, aal2, showing(password(fresh), access(fresh))), verdictText{"code", "rule:test", policy.WhyRule}},
		"aal2, shown":                                        {person(policy.Off, true, aal2, showing(password(fresh), code(fresh, phone))), verdictText{"pass", "rule:test", policy.WhySatisfied}},
		"phr, an app: shown first":                           {person(policy.Optional, true, phr), verdictText{"code", "rule:test", policy.WhyRule}},
		"phr, an app shown: add a key":                       {person(policy.Optional, true, phr, showing(password(fresh), code(fresh, phone))), verdictText{"enrol", "rule:test", policy.WhyRule}},
		"phr, a backup code opens nothing":                   {person(policy.Optional, true, phr, showing(password(fresh), backup(fresh))), verdictText{"code", "rule:test", policy.WhyRule}},
		"phr, a touch is not enough":                         {person(policy.Optional, true, phr, keyed, showing(password(fresh), touched(fresh))), verdictText{"code", "rule:test", policy.WhyRule}},
		"aal2, a touch is":                                   {person(policy.Optional, true, aal2, keyed, showing(password(fresh), touched(fresh))), verdictText{"pass", "rule:test", policy.WhySatisfied}},
		"phr, user verified":                                 {person(policy.Optional, true, phr, keyed, showing(password(fresh), passkey(fresh))), verdictText{"pass", "rule:test", policy.WhySatisfied}},
		"phr, a touch takes nothing from the passkey before": {person(policy.Optional, true, phr, keyed, showing(password(fresh), passkey(stale), touched(fresh))), verdictText{"pass", "rule:test", policy.WhySatisfied}},
		"a passkey is both proofs":                           {person(policy.Required, true, phr, keyed, showing(passkey(fresh))), verdictText{"pass", "rule:test", policy.WhySatisfied}},
		"a touch begins nothing":                             {person(policy.Optional, true, keyed, showing(touched(fresh))), verdictText{"password", "baseline", policy.WhyFirstMissing}},
		"policy off, rule: who has nothing enrols":           {person(policy.Off, false, two), verdictText{"enrol", "rule:test", policy.WhyRule}},
		"C08: policy off, rule, closed":                      {person(policy.Off, false, two, closed), verdictText{"refuse", "rule:test", policy.WhyEnrolClosed}},
		"a refresh after the rule was made":                  {person(policy.Off, false, aal2, offline), verdictText{"unmet", "rule:test", policy.WhyUnmet}},
		"a refresh from where the session was (inside)":      {person(policy.Off, false, ruled(policy.Rule{Level: "2sv", Outside: networks("10.0.0.0/8")}), from("10.1.1.1"), offline), verdictText{"pass", "baseline", policy.WhySatisfied}},
		"A13: a refresh from who knows where":                {person(policy.Off, false, ruled(policy.Rule{Level: "2sv", Outside: networks("10.0.0.0/8")}), offline), verdictText{"unmet", "rule:test", policy.WhyUnmet}},
	} {
		if got := read(policy.Decide(c.facts)); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestRulesAreJoinedNotOrdered(t *testing.T) {
	t.Parallel()
	f := person(policy.Required, false)
	f.Policy.Rules = []policy.Rule{{Name: "a", Level: "2sv"}, {Name: "b", Level: "aal2"}, {Name: "c", Level: "none"}, {Name: "d", Level: "phr"}}
	forth := policy.Decide(f)
	slices.Reverse(f.Policy.Rules)
	back := policy.Decide(f)
	if forth.Rule != "rule:d" || forth.Required != mfa.PhishingResistant || back.Rule != forth.Rule || back.Required != forth.Required ||
		!slices.Equal(forth.Shadowed, []string{"rule:b", "tenant.second_factor", "rule:a"}) || len(back.Shadowed) != 3 {
		t.Errorf("%+v\n%+v", forth, back)
	}
}

func TestUserVerificationIsAskedForWhereATouchWouldNotHelp(t *testing.T) {
	t.Parallel()
	keyed := func(f *policy.Facts) { f.User.Factors = []mfa.Authenticator{{ID: key, Kind: mfa.WebAuthn}} }
	strict := func(f *policy.Facts) { f.Policy.WebAuthn.UserVerification = true }
	for name, c := range map[string]struct {
		facts policy.Facts
		want  bool
	}{
		"enrolled":           {person(policy.Optional, true, keyed), false},
		"aal2":               {person(policy.Optional, true, keyed, asking(essential(mfa.AAL2))), false},
		"phr":                {person(policy.Optional, true, keyed, asking(essential(mfa.PhishingResistant))), true},
		"phr, voluntary":     {person(policy.Optional, true, keyed, asking(voluntary(mfa.PhishingResistant))), true},
		"phr by a rule":      {person(policy.Optional, true, keyed, ruled(policy.Rule{Level: "phr"})), true},
		"phr, to be added":   {person(policy.Optional, false, asking(essential(mfa.PhishingResistant))), true},
		"the tenant asks":    {person(policy.Optional, true, keyed, strict), true},
		"and takes no touch": {person(policy.Optional, true, keyed, strict, showing(password(fresh), touched(fresh))), true},
	} {
		if d := policy.Decide(c.facts); d.UserVerification != c.want || d.Satisfied() {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func TestBreakGlassIsBoundByTheOwnFactorAlone(t *testing.T) {
	t.Parallel()
	listed := func(f *policy.Facts) { f.Policy.BreakGlass = []id.User{kari} }
	nobody := func(f *policy.Facts) { f.User.ID = id.User{} }
	rule := ruled(policy.Rule{Level: "phr"})
	for name, c := range map[string]struct {
		facts  policy.Facts
		want   verdictText
		listed bool
	}{
		"no factor":         {person(policy.Required, false, rule, closed, listed), verdictText{"pass", "baseline", policy.WhySatisfied}, true},
		"A02: a factor":     {person(policy.Required, true, rule, listed), verdictText{"code", "enrolled", policy.WhyEnrolled}, true},
		"a step-up":         {person(policy.Required, false, listed, showing(password(stale)), asking(policy.Demand{Fresh: true})), verdictText{"password", "step_up", policy.WhyStepUp}, true},
		"an application":    {person(policy.Required, false, listed, asking(essential(mfa.AAL2))), verdictText{"enrol", "client.acr", policy.WhyClientDemands}, true},
		"locked out":        {person(policy.Required, false, listed, func(f *policy.Facts) { f.User.Disabled = true }), verdictText{"refuse", "account", policy.WhyUser}, true},
		"somebody else":     {person(policy.Required, false, rule, func(f *policy.Facts) { f.Policy.BreakGlass = []id.User{id.NewUser()} }), verdictText{"enrol", "rule:test", policy.WhyRule}, false},
		"an unknown person": {person(policy.Required, false, rule, listed, nobody), verdictText{"enrol", "rule:test", policy.WhyRule}, false},
	} {
		d := policy.Decide(c.facts)
		if got := read(d); got != c.want || d.BreakGlass != c.listed {
			t.Errorf("%s: %+v (%v), want %+v", name, got, d.BreakGlass, c.want)
		}
	}
}
