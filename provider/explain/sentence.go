package explain

import (
	"slices"
	"strings"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
)

// say is a sentence; data are names and values in turn.
func say(key string, data ...any) Sentence {
	s := Sentence{Key: "explain." + key, Data: map[string]any{}}
	for i := 0; i+1 < len(data); i += 2 {
		s.Data[data[i].(string)] = data[i+1]
	}
	return s
}

// tell is the verdict in sentences: what was shown, what decided, what gave way, what came of it; more follows that.
func (v Verdict) tell(more ...[]Sentence) []Sentence {
	out := slices.Concat(v.shown(), v.exempt(), v.demanded(), v.ruled(), v.gaveWay())
	out = append(out, say("outcome_"+string(v.Outcome), "Connection", v.connection()))
	for _, m := range more {
		out = append(out, m...)
	}
	return append(out, v.Policy.told()...)
}

func (v Verdict) exempt() []Sentence {
	if v.Exempt == "" {
		return nil
	}
	return []Sentence{say("exempt_"+string(v.Exempt), "Connection", v.connection())}
}

// connection is that of the newest federated sign-in: the one that the policy's stand is on.
func (v Verdict) connection() string {
	var at time.Time
	var name string
	for _, p := range v.Proofs {
		if p.Kind == mfa.Federated && !p.At.Before(at) {
			at, name = p.At, p.Connection
		}
	}
	return name
}

func (v Verdict) demanded() []Sentence {
	if v.Demand == "" {
		return nil
	}
	return []Sentence{say("demand", "ACR", v.Demand)}
}

// ruled names the rule and the reason. An old record may tell neither.
func (v Verdict) ruled() []Sentence {
	var out []Sentence
	if v.Rule != "" {
		out = append(out, say("rule_"+worded(v.Rule), "Rule", strings.TrimPrefix(v.Rule, named)))
	}
	if v.Required != "" {
		out = append(out, say("levels", "Required", v.Required, "Reached", v.Reached))
	}
	if v.Why != "" {
		out = append(out, say("why_"+string(v.Why), "Rule", strings.TrimPrefix(v.Rule, named), "Connection", v.connection()))
	}
	return out
}

const named = "rule:"

// ours are the demands that the tenant did not name itself; each has words of its own.
var ours = []string{"baseline", "account", "fail_closed", "enrolled", "tenant.second_factor", "client.acr", "step_up", "person.enrol"}

// worded is the end of a rule's key. A rule of a version that is no more goes by its name.
func worded(rule string) string {
	if slices.Contains(ours, rule) {
		return rule
	}
	return "named"
}

func (v Verdict) gaveWay() []Sentence {
	var out []Sentence
	if len(v.Shadowed) > 0 {
		out = append(out, say("shadowed", "Rules", v.Shadowed))
	}
	if len(v.Waived) > 0 {
		out = append(out, say("waived", "Rules", v.Waived))
	}
	return out
}

// tokens is what applications were told, or would be.
func (v Verdict) tokens() []Sentence {
	if v.Outcome != policy.LetIn || v.Reached == "" {
		return nil
	}
	if len(v.AMR) == 0 {
		return []Sentence{say("tokens_bare", "Class", v.Reached)}
	}
	return []Sentence{say("tokens", "Class", v.Reached, "AMR", strings.Join(v.AMR, ", "))}
}

func (x Explained) watched() []Sentence {
	if x.Report == nil || x.Report.After == "" {
		return nil
	}
	return []Sentence{say("watched", "Before", string(x.Report.Before), "After", string(x.Report.After))}
}

// told says which version it was, and who made it when.
func (v Version) told() []Sentence {
	if v.Number == 0 {
		return nil
	}
	out := []Sentence{say("policy_version", "Version", v.Number, "Author", v.Author, "Date", date(v.Since))}
	switch {
	case v.Since.IsZero():
		return append(out, say("policy_gone", "Version", v.Number))
	case v.Author == "":
		return append(out, say("policy_operator", "Version", v.Number, "Date", date(v.Since)))
	}
	return append(out, say("policy_author", "Version", v.Number, "Author", v.Author, "Date", date(v.Since)))
}

// date is one that is read alike in every language.
func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }
