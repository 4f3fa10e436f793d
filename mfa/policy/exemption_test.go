package policy_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/storage/id"
)

func TestExemptionsHaveTheirBounds(t *testing.T) {
	t.Parallel()
	exemption := func(change func(*policy.Exemption)) policy.Exemption {
		e := policy.Exemption{Connection: entra, Mode: policy.ByEvidence, Accept: mfa.GradeGood, Evidence: slices.Clone(graded)}
		change(&e)
		return e
	}
	evidence := func(change func(*policy.Evidence)) policy.Exemption {
		return exemption(func(e *policy.Exemption) { change(&e.Evidence[0]) })
	}
	for name, c := range map[string]struct {
		e    policy.Exemption
		good bool
	}{
		"as it is":                 {exemption(func(*policy.Exemption) {}), true},
		"of no connection":         {exemption(func(e *policy.Exemption) { e.Connection = id.Connection{} }), false},
		"without a mode":           {exemption(func(e *policy.Exemption) { e.Mode = "" }), false},
		"of an unknown mode":       {exemption(func(e *policy.Exemption) { e.Mode = "Skip" }), false},
		"evidence, accepting none": {exemption(func(e *policy.Exemption) { e.Accept = "" }), false},
		"evidence, any at all":     {exemption(func(e *policy.Exemption) { e.Accept = mfa.GradeNone }), false},
		"an unknown grade":         {exemption(func(e *policy.Exemption) { e.Accept = "excellent" }), false},
		"evidence without any":     {exemption(func(e *policy.Exemption) { e.Evidence = nil }), false},
		"evidence never accepted":  {exemption(func(e *policy.Exemption) { e.Evidence = graded[1:]; e.Accept = mfa.GradeStrong }), false},
		"skip with evidence":       {exemption(func(e *policy.Exemption) { e.Mode = policy.Skip }), true},
		"local, bare":              {policy.Exemption{Connection: entra, Mode: policy.Local}, true},
		"local, accepting trash":   {policy.Exemption{Connection: entra, Mode: policy.Local, Accept: "trash"}, false},
		"asking for nothing":       {evidence(func(r *policy.Evidence) { r.AMR, r.ACRS = nil, nil }), false},
		"asking only for absence":  {evidence(func(r *policy.Evidence) { r.AMR, r.ACRS, r.Without = nil, nil, []string{"fed"} }), false},
		"graded as nothing":        {evidence(func(r *policy.Evidence) { r.Grade = mfa.GradeNone }), false},
		"not graded":               {evidence(func(r *policy.Evidence) { r.Grade = "" }), false},
		"worth one factor":         {evidence(func(r *policy.Evidence) { r.Level = "none" }), false},
		"worth an unknown level":   {evidence(func(r *policy.Evidence) { r.Level = "1fa" }), false},
		"of an age below nothing":  {evidence(func(r *policy.Evidence) { r.MaxAge = -1 }), false},
		"of 90 days":               {evidence(func(r *policy.Evidence) { r.MaxAge = 90 * 24 * 3600 }), true},
		"of more":                  {evidence(func(r *policy.Evidence) { r.MaxAge = 90*24*3600 + 1 }), false},
		"a word with a space":      {evidence(func(r *policy.Evidence) { r.AMR = []string{"mfa pwd"} }), false},
		"an empty word":            {evidence(func(r *policy.Evidence) { r.AMR = []string{""} }), false},
		"an empty acr":             {evidence(func(r *policy.Evidence) { r.ACR = []string{""} }), false},
		"a word twice":             {evidence(func(r *policy.Evidence) { r.Without = []string{"fed", "fed"} }), false},
		"a word of other letters":  {evidence(func(r *policy.Evidence) { r.ACRS = []string{"ç1"} }), false},
		"a word too long":          {evidence(func(r *policy.Evidence) { r.ACR = []string{strings.Repeat("a", 201)} }), false},
		"too many kinds":           {exemption(func(e *policy.Exemption) { e.Evidence = slices.Repeat(graded, 6) }), false},
		"many kinds":               {exemption(func(e *policy.Exemption) { e.Evidence = slices.Repeat(graded, 5) }), true},
	} {
		p := policy.Default()
		p.Exemptions = []policy.Exemption{c.e}
		if err := p.Validate(); c.good != (err == nil) || err != nil && !errors.Is(err, policy.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
		if p.Exemptions = append(p.Exemptions, c.e); p.Validate() == nil {
			t.Errorf("%s: twice for one connection", name)
		}
	}
	p := policy.Default()
	for range 101 {
		p.Exemptions = append(p.Exemptions, policy.Exemption{Connection: id.NewConnection(), Mode: policy.Local})
	}
	if p.Validate() == nil {
		t.Error("101 exemptions")
	}
	if p.Exemptions = p.Exemptions[:100]; p.Validate() != nil {
		t.Error("100 exemptions")
	}
}

// The document as it is stored: what stands here means the same for ever.
func TestStoredExemptionsReadAsTheyAlwaysDid(t *testing.T) {
	t.Parallel()
	const c = "01890a5d-ac96-774b-bcce-b302099a8057"
	document := strings.TrimSuffix(string(policy.Default().Encode()), "}") + fmt.Sprintf(`,"exemptions":[{"connection":%q,"mode":"evidence","accept":"good",`+
		`"evidence":[{"amr":["mfa"],"acr":["gold"],"acrs":["c1"],"without":["fed"],"max_age_seconds":600,"grade":"strong","level":"phr"}],"mail_apart":true}],`+
		`"no_passwords":true,"reset_outside_domains":true}`, c)
	got, err := policy.Parse(0, []byte(document))
	want := policy.Default()
	want.NoPasswords, want.ResetOutside = true, true
	want.Exemptions = []policy.Exemption{{Mode: policy.ByEvidence, Accept: mfa.GradeGood, MailApart: true, Evidence: []policy.Evidence{{AMR: []string{"mfa"},
		ACR: []string{"gold"}, ACRS: []string{"c1"}, Without: []string{"fed"}, MaxAge: 600, Grade: mfa.GradeStrong, Level: "phr"}}}}
	if e := want.Exemptions[0].Connection.Parse(c); e != nil || err != nil {
		t.Fatal(e, err)
	}
	if !reflect.DeepEqual(got, want) || string(got.Encode()) != document {
		t.Errorf("%+v\n%s", got, got.Encode())
	}
	unknown := strings.Replace(document, `"mail_apart"`, `"mail_together"`, 1)
	if _, err := policy.Parse(0, []byte(unknown)); !errors.Is(err, policy.ErrInvalid) {
		t.Errorf("a field that nobody knows: %v", err)
	}
	if strings.Contains(string(policy.Default().Encode()), "exempt") {
		t.Error("a tenant without connections stores a word about them")
	}
}
