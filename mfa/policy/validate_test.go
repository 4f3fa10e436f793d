package policy_test

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/storage/id"
)

// full is a document with something in every field.
func full() policy.Policy {
	p := policy.Default()
	p.Methods, p.SMSCountries = mfa.Kinds(), []string{"NO", "SE"}
	p.Rules = []policy.Rule{
		{Name: "Administrators", Level: "phr", Roles: []string{"admin", "owner"}},
		{Name: "Away from the office", Level: "aal2", Domains: []string{"acme.example", "xn--bcher-kva.example"}, Clients: []string{"wiki"},
			Networks: networks("0.0.0.0/0", "::/0"), Outside: networks("10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32")},
		{Name: "Ærlig talt", Level: "none"},
	}
	p.BreakGlass = []id.User{kari}
	p.EnrolUntil, p.EnrolSkips, p.TrustedDevice = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), 3, 30*24*3600
	p.ForgetEnrolled, p.CodeLife, p.NoPasswords, p.ResetOutside = true, 90, true, true
	p.Exemptions = []policy.Exemption{{Connection: entra, Mode: policy.ByEvidence, Accept: mfa.GradeGood, Evidence: graded, MailApart: true},
		{Connection: google, Mode: policy.Skip}, {Connection: okta, Mode: policy.Local}}
	p.WebAuthn = policy.WebAuthn{UserVerification: true, Attestation: true, AAGUIDs: []string{"ee882879-721c-4913-9775-3dfcce97072a"}}
	return p
}

func TestFullDocumentIsValidAndReadsBack(t *testing.T) {
	t.Parallel()
	want := full()
	want.Version = 4
	got, err := policy.Parse(4, want.Encode())
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\n%+v (%v)", got, want, err)
	}
}

func many(n int, of func(i int) policy.Rule) (out []policy.Rule) {
	for i := range n {
		out = append(out, of(i))
	}
	return out
}

func TestEveryFieldHasItsBounds(t *testing.T) {
	t.Parallel()
	rule := func(change func(*policy.Rule)) func(*policy.Policy) {
		return func(p *policy.Policy) { change(&p.Rules[1]) }
	}
	type check struct {
		change func(*policy.Policy)
		good   bool
	}
	for name, c := range map[string]check{
		"code life at least":         {func(p *policy.Policy) { p.CodeLife = 30 }, true},
		"code life below":            {func(p *policy.Policy) { p.CodeLife = 29 }, false},
		"code life at most":          {func(p *policy.Policy) { p.CodeLife = 600 }, true},
		"code life above":            {func(p *policy.Policy) { p.CodeLife = 601 }, false},
		"no trust":                   {func(p *policy.Policy) { p.TrustedDevice = 0 }, true},
		"trust at least":             {func(p *policy.Policy) { p.TrustedDevice = 3600 }, true},
		"trust below":                {func(p *policy.Policy) { p.TrustedDevice = 3599 }, false},
		"trust at most":              {func(p *policy.Policy) { p.TrustedDevice = 90 * 24 * 3600 }, true},
		"trust above":                {func(p *policy.Policy) { p.TrustedDevice = 90*24*3600 + 1 }, false},
		"trust of less than nothing": {func(p *policy.Policy) { p.TrustedDevice = -1 }, false},
		"access code short":          {func(p *policy.Policy) { p.AccessCode.Length = 7 }, false},
		"access code long":           {func(p *policy.Policy) { p.AccessCode.Length = 33 }, false},
		"access code at bounds":      {func(p *policy.Policy) { p.AccessCode = policy.AccessCodes{true, 8, 300, 10, []string{"owner"}} }, true},
		"access code at the others": {func(p *policy.Policy) {
			p.AccessCode = policy.AccessCodes{true, 32, 7 * 24 * 3600, 1, []string{"admin"}}
		}, true},
		"access code brief":          {func(p *policy.Policy) { p.AccessCode.Life = 299 }, false},
		"access code lasting":        {func(p *policy.Policy) { p.AccessCode.Life = 7*24*3600 + 1 }, false},
		"access code useless":        {func(p *policy.Policy) { p.AccessCode.Uses = 0 }, false},
		"access code for all":        {func(p *policy.Policy) { p.AccessCode.Uses = 11 }, false},
		"access codes by users":      {func(p *policy.Policy) { p.AccessCode.Issuers = []string{"user"} }, false},
		"access codes by nobody":     {func(p *policy.Policy) { p.AccessCode.Issuers = nil }, false},
		"access codes off":           {func(p *policy.Policy) { p.AccessCode.Enabled, p.AccessCode.Issuers = false, nil }, true},
		"no skips":                   {func(p *policy.Policy) { p.EnrolSkips = 0 }, true},
		"skips at most":              {func(p *policy.Policy) { p.EnrolSkips = 100 }, true},
		"skips above":                {func(p *policy.Policy) { p.EnrolSkips = 101 }, false},
		"skips below":                {func(p *policy.Policy) { p.EnrolSkips = -1 }, false},
		"date long ago":              {func(p *policy.Policy) { p.EnrolUntil = time.Date(2019, 12, 31, 0, 0, 0, 0, time.UTC) }, false},
		"date never":                 {func(p *policy.Policy) { p.EnrolUntil = time.Date(2101, 1, 1, 0, 0, 0, 0, time.UTC) }, false},
		"date beyond JSON":           {func(p *policy.Policy) { p.EnrolUntil = time.Date(20260, 1, 1, 0, 0, 0, 0, time.UTC) }, false},
		"models without attestation": {func(p *policy.Policy) { p.WebAuthn.Attestation = false }, false},
		"attestation of any model":   {func(p *policy.Policy) { p.WebAuthn.AAGUIDs = nil }, true},
		"model in capitals":          {func(p *policy.Policy) { p.WebAuthn.AAGUIDs[0] = strings.ToUpper(p.WebAuthn.AAGUIDs[0]) }, false},
		"model in braces":            {func(p *policy.Policy) { p.WebAuthn.AAGUIDs[0] = "{" + p.WebAuthn.AAGUIDs[0] + "}" }, false},
		"texts to nowhere":           {func(p *policy.Policy) { p.SMSCountries = nil }, false},
		"country in small letters":   {func(p *policy.Policy) { p.SMSCountries[0] = "no" }, false},
		"country of three letters":   {func(p *policy.Policy) { p.SMSCountries[0] = "NOR" }, false},
		"country twice":              {func(p *policy.Policy) { p.SMSCountries[0] = "SE" }, false},
		"no texts, no countries":     {func(p *policy.Policy) { p.Methods, p.SMSCountries = []mfa.Kind{mfa.WebAuthn}, nil }, true},
		"a level out of reach":       {func(p *policy.Policy) { p.Methods = []mfa.Kind{mfa.TOTP} }, false},
		"two steps by mail":          {func(p *policy.Policy) { p.Methods, p.Rules = []mfa.Kind{mfa.Email}, p.Rules[2:] }, true},
		"rules without methods":      {func(p *policy.Policy) { p.Methods, p.Rules[1].Level = nil, "2sv" }, false},
		"glass for nobody":           {func(p *policy.Policy) { p.BreakGlass = []id.User{{}} }, false},
		"glass twice":                {func(p *policy.Policy) { p.BreakGlass = []id.User{kari, kari} }, false},
		"glass for everybody":        {func(p *policy.Policy) { p.BreakGlass = people(201) }, false},
		"glass for many":             {func(p *policy.Policy) { p.BreakGlass = people(200) }, true},
		"many rules":                 {func(p *policy.Policy) { p.Rules = many(100, named) }, true},
		"too many rules":             {func(p *policy.Policy) { p.Rules = many(101, named) }, false},
		"rules of one name":          {func(p *policy.Policy) { p.Rules[0].Name = p.Rules[1].Name }, false},
		"rule without a name":        {rule(func(r *policy.Rule) { r.Name = "" }), false},
		"rule with a blank name":     {rule(func(r *policy.Rule) { r.Name = "  " }), false},
		"rule on two lines":          {rule(func(r *policy.Rule) { r.Name = "a\nb" }), false},
		"rule in broken letters":     {rule(func(r *policy.Rule) { r.Name = "a\xff" }), false},
		"rule with a long name":      {rule(func(r *policy.Rule) { r.Name = strings.Repeat("å", 50) }), true},
		"rule with a longer name":    {rule(func(r *policy.Rule) { r.Name = strings.Repeat("å", 51) }), false},
		"level of one factor":        {rule(func(r *policy.Rule) { r.Level = "1fa" }), false},
		"no level":                   {rule(func(r *policy.Rule) { r.Level = "" }), false},
		"unknown role":               {rule(func(r *policy.Rule) { r.Roles = []string{"root"} }), false},
		"role twice":                 {rule(func(r *policy.Rule) { r.Roles = []string{"user", "user"} }), false},
		"client without a name":      {rule(func(r *policy.Rule) { r.Clients = []string{""} }), false},
		"bits behind the mask":       {rule(func(r *policy.Rule) { r.Networks = networks("10.0.0.1/8") }), false},
		"IPv4 in IPv6":               {rule(func(r *policy.Rule) { r.Outside = networks("::ffff:10.0.0.0/104") }), false},
		"no network":                 {rule(func(r *policy.Rule) { r.Networks = []netip.Prefix{{}} }), false},
		"too many networks":          {rule(func(r *policy.Rule) { r.Networks = hosts(101) }), false},
		"domain in capitals":         {rule(func(r *policy.Rule) { r.Domains = []string{"Acme.example"} }), false},
		"domain with an at sign":     {rule(func(r *policy.Rule) { r.Domains = []string{"@acme.example"} }), false},
		"domain of one label":        {rule(func(r *policy.Rule) { r.Domains = []string{"localhost"} }), false},
		"domain with a star":         {rule(func(r *policy.Rule) { r.Domains = []string{"*.acme.example"} }), false},
		"domain with a dot behind":   {rule(func(r *policy.Rule) { r.Domains = []string{"acme.example."} }), false},
		"domain in its own letters":  {rule(func(r *policy.Rule) { r.Domains = []string{"bücher.example"} }), false},
		"domain that is an address":  {rule(func(r *policy.Rule) { r.Domains = []string{"192.0.2.1"} }), false},
		"domain with a dash at last": {rule(func(r *policy.Rule) { r.Domains = []string{"acme-.example"} }), false},
	} {
		p := full()
		c.change(&p)
		err := p.Validate()
		if c.good != (err == nil) || err != nil && !errors.Is(err, policy.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func named(i int) policy.Rule { return policy.Rule{Name: fmt.Sprint(i), Level: "2sv"} }

func people(n int) (out []id.User) {
	for range n {
		out = append(out, id.NewUser())
	}
	return out
}

func hosts(n int) (out []netip.Prefix) {
	for i := range n {
		out = append(out, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), 32))
	}
	return out
}
