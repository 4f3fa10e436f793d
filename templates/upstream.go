package templates

// Connect is a connection to go on with, shown as "Continue with Label"; its Value is posted as "connection".
type Connect struct {
	Label string // name of the connection
	Kind  string // "entra", "google", "okta" or "oidc"
	Value string
}

// AccountChoice is an account that is signed in in this browser; its Value is posted as "account".
type AccountChoice struct {
	Value, Email string
	Name, Tenant string // may be empty
}

// Upstream says why the person is sent to another provider, and sends them there; it posts nothing but its button.
type Upstream struct {
	Frame
	Action  string
	Label   string // name of the connection
	Kind    string // as in Connect
	Why     string // "evidence", "link", "test" or "sign_in"
	BackURL string // empty hides the link
}

func (p Upstream) view() view {
	return view{file: "upstream.html", title: "upstream.title", data: map[string]any{"Label": p.Label}}
}

// Tested tells what a test of a connection has shown. Nothing is posted but "Test again".
type Tested struct {
	Frame
	Connection  string // its name
	Kind        string // as in Connect
	Mode        string // what the policy says of it: "skip", "evidence" or "local"
	Grade       string // mfa.Grade; empty when Failed
	Accepted    bool   // the policy counts the evidence as a second factor
	Outcome     string // policy.Outcome of a sign-in like this one; empty leaves the sentence out
	Claims      []Claim
	Advice      []Passage // keys are the Advice constants
	Failed      string    // message key, such as ErrorUpstreamFailed; empty: somebody came back
	Reason      string    // why it failed, oidcrp.Reason; may be empty
	Detail      string    // what exactly is wrong, as text for administrators; may be empty
	BackURL     string    // empty hides the link
	AgainAction string    // posted to; empty hides the button
}

// Claim is one claim as it was received; Value is JSON or text and is shown as it is.
type Claim struct{ Name, Value string }

func (p Tested) view() view {
	return view{file: "tested.html", title: p.title(), data: map[string]any{"Connection": p.Connection}, wide: true}
}

// title is the verdict in one line.
func (p Tested) title() string {
	switch {
	case p.Failed != "":
		return TestFailed
	case p.Mode == "skip":
		return TestSkip
	case p.Mode == "evidence" && p.Accepted:
		return TestAccepted
	case p.Mode == "evidence":
		return TestNotAccepted
	}
	return TestLocal
}

// Verdict is the rest of it: how good the evidence is, what the policy makes of it and what a real sign-in would lead to.
func (p Tested) Verdict() []Passage {
	if p.Failed != "" {
		return []Passage{{Key: p.Failed}}
	}
	keys := []string{gradeSentences[p.Grade], p.rule(), outcomeSentences[p.Outcome]}
	var all []Passage
	for _, key := range keys {
		if key != "" {
			all = append(all, Passage{Key: key, Data: map[string]any{"Connection": p.Connection}})
		}
	}
	return all
}

func (p Tested) rule() string {
	switch {
	case p.Mode == "skip":
		return TestRuleSkip
	case p.Mode != "evidence":
		return TestRuleLocal
	case p.Accepted:
		return TestRuleAccepted
	}
	return TestRuleNotAccepted
}

var gradeSentences = map[string]string{"none": TestGradeNone, "weak": TestGradeWeak, "medium": TestGradeMedium, "good": TestGradeGood, "strong": TestGradeStrong}

var outcomeSentences = map[string]string{"let_in": TestLetIn, "first_proof": TestFirstProof, "asked_upstream": TestAskedUpstream, "asked": TestAsked,
	"must_enrol": TestMustEnrol, "turned_away": TestTurnedAway}
