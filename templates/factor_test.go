package templates_test

import (
	"strings"
	"testing"

	"golang.org/x/text/language"

	"sallyport/templates"
)

// posted returns the names and values that the forms with this action send, buttons with a name included.
func posted(t *testing.T, page, action string) []string {
	t.Helper()
	_, rest, found := strings.Cut(page, `action="`+action+`"`)
	if !found {
		t.Fatalf("no form posts to %s:\n%s", action, page)
	}
	inside, _, _ := strings.Cut(rest, "</form>")
	var all []string
	for _, n := range nodes(t, "<form>"+inside[strings.Index(inside, ">")+1:]+"</form>") {
		if n.attrs["name"] != "" {
			all = append(all, n.attrs["name"]+"="+n.attrs["value"])
		}
	}
	return all
}

func TestFormsPostWhatTheirHandlersRead(t *testing.T) {
	t.Parallel()
	ways := []templates.Way{{Method: "totp", Value: "totp"}, {Method: "sms", Value: "sms:7"}}
	second := templates.SecondFactor{Action: "/a", Method: "sms", Value: "sms:1", Sent: &templates.SentCode{}, ResendAction: "/b", Others: ways, OthersAction: "/c", TrustDays: 3}
	key := second
	key.Method, key.Value, key.Options, key.Issued = "webauthn", "webauthn", "{}", "i"
	skip := &templates.Skip{Action: "/b"}
	cases := []struct {
		page   templates.Page
		action string
		want   string
	}{
		{second, "/a", "way=sms:1 code= trust=on"},
		{second, "/b", "way=sms:1"},
		{second, "/c", "way=totp way=sms:7"},
		{key, "/a", "way=webauthn assertion= issued=i trust=on"},
		{templates.SecondFactor{Action: "/a", Method: "totp", Value: "totp"}, "/a", "way=totp code="},
		{templates.ChooseMethod{Action: "/a", Ways: ways}, "/a", "way=totp way=sms:7"},
		{templates.ChooseEnrol{Action: "/a", Ways: []templates.Way{{Method: "totp"}, {Method: "webauthn", Value: "key"}}, Skip: skip}, "/a", "method=totp method=key"},
		{templates.ChooseEnrol{Action: "/a", Skip: skip}, "/b", ""},
		{templates.EnrolKey{Action: "/a", Options: "{}", Issued: "i", Name: "n"}, "/a", "credential= issued=i name=n"},
		{templates.EnrolPhone{Action: "/a", Countries: []templates.Country{{Code: "NO"}}, Number: "4"}, "/a", "country= number=4"},
		{templates.EnrolCode{Action: "/a", ResendAction: "/b"}, "/a", "code= name="},
		{templates.EnrolCode{Action: "/a", ResendAction: "/b"}, "/b", ""},
		{templates.Identify{Action: "/a", PasskeyOptions: "{}", PasskeyAction: "/b", PasskeyIssued: "i"}, "/b", "assertion= issued=i"},
		{templates.PolicyPreview{Action: "/a", Fields: []templates.Field{{Name: "x", Value: "y"}}}, "/a", "x=y confirmed=on"},
	}
	for _, c := range cases {
		if got := strings.Join(posted(t, render(t, language.English, c.page), c.action), " "); got != c.want {
			t.Errorf("%T posts %q, want %q", c.page, got, c.want)
		}
	}
}

func TestThePolicyPageSendsEveryFieldOfTheDocumentAndABlankRule(t *testing.T) {
	t.Parallel()
	sent := " " + strings.Join(posted(t, render(t, language.English, policy()), "/policy"), " ") + " "
	for _, name := range []string{"version", "mode", "method_webauthn", "enrol_with_password", "forget_enrolled", "session_hours", "idle_minutes", "step_up_minutes", "trusted_days",
		"code_seconds", "enrol_until", "enrol_skips", "access_enabled", "access_length", "access_minutes", "access_uses", "access_admins", "sms_countries", "key_verify", "key_attest",
		"key_models", "rule_0_name", "rule_0_level", "rule_0_roles", "rule_0_domains", "rule_0_clients", "rule_0_networks", "rule_0_outside", "rule_1_name", "break_glass"} {
		if !strings.Contains(sent, " "+name+"=") {
			t.Errorf("%s is not sent", name)
		}
	}
	if strings.Contains(sent, "rule_2_") || !strings.Contains(sent, " rule_1_name= ") {
		t.Errorf("not one blank rule: %s", sent)
	}
}

// A page that needs a script says so, and its button is there only when the script shows it.
func TestKeysAreNotOfferedWithoutScripts(t *testing.T) {
	t.Parallel()
	for _, p := range []templates.Page{templates.SecondFactor{Method: "webauthn"}, templates.EnrolKey{}} {
		all := nodes(t, render(t, language.English, p))
		for _, n := range pick(all, func(n *node) bool { return n.has("primary") }) {
			if _, hidden := n.attrs["hidden"]; !hidden {
				t.Errorf("%T: the button %q is shown", p, n.text)
			}
		}
		if told := pick(all, tagged("noscript")); len(told) != 1 || !strings.Contains(told[0].text, "JavaScript") {
			t.Errorf("%T: nothing is said without scripts", p)
		}
	}
}

func TestADeliveryThatFailsIsSaidAndOpensTheOtherWays(t *testing.T) {
	t.Parallel()
	for _, failed := range []bool{false, true} {
		p := templates.SecondFactor{Method: "sms", Sent: &templates.SentCode{Seconds: 90, Failed: failed, StatusURL: "/s"}, OthersAction: "/c", Others: []templates.Way{{Method: "totp", Value: "totp"}}}
		all := nodes(t, render(t, language.English, p))
		_, hidden := pick(all, func(n *node) bool { return n.attrs["role"] == "alert" })[0].attrs["hidden"]
		_, open := pick(all, tagged("details"))[0].attrs["open"]
		if hidden == failed || open != failed {
			t.Errorf("failed %v: alert hidden %v, other ways open %v", failed, hidden, open)
		}
	}
}

func TestPuttingOffSaysHowLong(t *testing.T) {
	t.Parallel()
	for want, skip := range map[string]templates.Skip{"1 time more.": {Left: 1}, "3 times more.": {Left: 3}, "until 31 March 2026.": {Until: at(31, 0)}} {
		if page := render(t, language.English, templates.ChooseEnrol{Skip: &skip}); !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
}
