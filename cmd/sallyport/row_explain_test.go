package main_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// The owner sees what a provider tells, what it is worth, and what to do about it.
func TestR22OwnerTestsTheConnectionWithAndWithoutASecondFactorThere(t *testing.T) {
	d := show(t)
	o := d.owner(t, "globex", "/admin/connections", "Connections")
	o.press("Microsoft (Fabrikam)")
	o.press("Test this connection")
	o.upstream("Fabrikam", "nora@fabrikam.test")
	o.await("did not prove a second step that counts")
	o.says("grade: none", "The amr claim came, but without mfa", `["pwd"]`, "Microsoft (Fabrikam) would now be asked once", "nora@fabrikam.test")
	o.see("Microsoft (Fabrikam)")

	o.press("Test again")
	o.upstream("Fabrikam", "nora@fabrikam.test", "mfa")
	o.await("proved a second step")
	o.says("grade: good", `["pwd","rsa","mfa"]`, "you would now be let in")
	o.see("Microsoft (Fabrikam)")
	o.press("Back")
	o.on("Connection")
}

// sentences are what a page says one by one.
func (c *chromium) sentences() []string {
	c.t.Helper()
	return evaluate[[]string](c, `[...document.querySelector('main ul').querySelectorAll('li')].map(e => e.innerText)`)
}

// alike expects the command line to tell the same as the page.
func alike(t *testing.T, printed string, page []string) {
	t.Helper()
	for _, sentence := range page {
		if !strings.Contains(printed, sentence) {
			t.Errorf("the page says %q, the command line\n%s", sentence, printed)
		}
	}
}

// Why a sign-in ended as it did, and how one would, in words, on the page and from the command line.
func TestR22OwnerReadsWhyASignInEndedAsItDidAndHowOneWould(t *testing.T) {
	d, c := show(t), openChromium(t)
	c.open(d.app())
	c.press("Sign in with an account of contoso.test")
	c.upstream("Contoso", "kim@contoso.test")
	c.back()
	stranger := openChromium(t)
	stranger.enterAt(d, "Acme", robot)
	stranger.on("Not an account for people")

	o := d.owner(t, "acme", "/admin/signins", "Sign-ins")
	o.see("Sign-ins")
	o.says("kim@contoso.test", robot.email, "Refused")
	o.typeInto("person", "kim@contoso.test")
	o.enter("person")
	o.navigate(chromedp.Click(chromedp.CSS("tbody tr th a")))
	o.see("A sign-in explained")
	o.says("The person began with a sign-in at Microsoft (Contoso)", "trusts every sign-in at Microsoft (Contoso) without proof",
		"These would have asked for a second step, but gave way: required of everybody", "Outcome: let in", "acr urn:sallyport:acr:1fa")
	event := evaluate[string](o, `location.pathname.split('/').pop()`)
	alike(t, d.admin(t, "", "policy", "explain", "--tenant", "acme", event), o.sentences())

	o.open(d.provider("/admin/signins?person=" + robot.email))
	o.says("Refused")
	o.navigate(chromedp.Click(chromedp.CSS("tbody tr th a")))
	o.on("A sign-in explained")
	o.says("The account serves programs", "Outcome: turned away")

	o.open(d.provider("/admin/what-if"))
	o.see("What if")
	o.typeInto("person", grace.email)
	o.enter("person")
	o.says("What decided: the person has set up a second step and is asked for it", "With Authenticator app, the person is then let in")
	alike(t, d.admin(t, "", "policy", "what-if", "--tenant", "acme", "--user", grace.email), o.sentences())
	o.typeInto("person", "kim@contoso.test")
	o.pick("connection", "Microsoft (Contoso)")
	o.unfold()
	o.typeInto("amr", "pwd mfa")
	o.press("Ask")
	o.see("What if")
	o.says("Outcome: let in")
	alike(t, d.admin(t, "", "policy", "what-if", "--tenant", "acme", "--user", "kim@contoso.test", "--connection", "Microsoft (Contoso)", "--amr", "pwd,mfa"), o.sentences())
}

// What a policy would do is counted, and nobody feels it.
func TestR22OwnerWatchesAPolicyBeforeItBinds(t *testing.T) {
	d := show(t)
	slug, _ := d.tenant(t, "umbrella")
	d.admin(t, "", "policy", "set", "--tenant", slug, "--second-factor", "optional")
	member := d.person(t, slug, "max@"+slug+".test")
	o := openChromium(t)
	owner := d.person(t, slug, "olivia@"+slug+".test", "--role", "owner")
	o.open(d.provider("/admin/policy"))
	o.prove(owner)
	o.on("Sign-in policy")
	o.choose("mode", "required")
	o.press("Only watch what it would do")
	o.says("The policy is now being watched", "Nobody has signed in since")
	c := openChromium(t)
	c.settings(d, member)
	c.on("My settings")
	o.open(d.provider("/admin/report"))
	o.see("Try a policy")
	if row := evaluate[string](o, `document.querySelector('tbody tr').innerText`); strings.Join(strings.Fields(row), " ") != "let in made to set up a second step 1 1" {
		t.Errorf("counted: %q", row)
	}
	o.press("Stop watching")
	o.says("The policy is no longer watched")
	o.see("Try a policy")
}
