package main_test

import (
	"testing"

	"github.com/chromedp/chromedp"
)

func TestR5R18OwnerTurnsThePolicyOffAndWhoEnrolledIsAskedOn(t *testing.T) {
	d := show(t)
	slug, owner := d.tenant(t, "umbrella")
	member := d.person(t, slug, "max@"+slug+".test")
	c := openChromium(t)
	c.settings(d, member)
	key := c.enrolApp()
	c.on("My settings")
	c.says("Required by your organisation")

	o := openChromium(t)
	o.open(d.provider("/admin/policy"))
	o.prove(owner)
	o.enrolApp()
	o.see("Sign-in policy")
	o.choose("mode", "off")
	o.press("Save policy")
	o.see("Save this policy?")
	o.press("Save policy")
	o.on("Sign-in policy")
	o.says("The policy has been saved", owner.email)

	c.press("Sign out")
	c.settings(d, member)
	c.on("Confirm that it is you")
	c.code(codeOf(t, key, 1))
	c.see("My settings")
	c.says("turned two-step sign-in off, but you are still asked")
	c.not("Add a second step")

	d.admin(t, "", "user", "reset-factors", "--tenant", slug, member.email)
	c.settings(d, member)
	c.on("My settings")
	c.says("turned two-step sign-in off.")
}

func TestR18NobodyButOwnersSeesThePolicy(t *testing.T) {
	d := show(t)
	c := openChromium(t)
	c.settings(d, d.person(t, "globex", "adele@globex.test", "--role", "admin"))
	c.on("My settings")
	c.not("Sign-in policy")
	c.open(d.provider("/admin/policy"))
	c.see("No access")
}

func TestR16RuleForADomainBindsItsPeopleAlone(t *testing.T) {
	d := show(t)
	c := openChromium(t)
	c.enterAt(d, "Globex", d.person(t, "globex", "barbara@globex.test"))
	c.in()
	if got := c.claim("acr"); got != "urn:sallyport:acr:1fa" {
		t.Errorf("acr of somebody of another domain is %q", got)
	}
	bound := openChromium(t)
	bound.enterAt(d, "Globex", d.person(t, "globex", "carol@secure.test"))
	bound.see("Choose a second step")
	bound.says("Globex requires two-step sign-in")
	bound.enrolApp()
	bound.in()
	if got := bound.claim("acr"); got != "urn:sallyport:acr:aal2" {
		t.Errorf("acr of somebody of the domain is %q", got)
	}
}

func TestEnrolmentIsPutOffAsOftenAsThePolicyLets(t *testing.T) {
	d := show(t)
	c := openChromium(t)
	p := d.person(t, "initech", "milton@initech.test")
	for _, left := range []string{"put this off 2 times more", "put this off 1 time more"} {
		c.enterAt(d, "Initech", p)
		c.see("Choose a second step")
		c.says(left)
		c.press("Not now")
		c.in()
		c.leave(d)
	}
	c.enterAt(d, "Initech", p)
	c.on("Choose a second step")
	c.not("Not now")
}

func TestTrustedBrowserIsNotAskedAgainUntilItIsForgotten(t *testing.T) {
	d := show(t)
	c := openChromium(t)
	p := d.person(t, "acme", "katherine@acme.test")
	c.enterAt(d, "Acme", p)
	key := c.enrolApp()
	c.in()
	c.leave(d)

	c.enterAt(d, "Acme", p)
	c.on("Confirm that it is you")
	c.says("Trust this browser for 30 days")
	c.do(chromedp.Click(chromedp.CSS(`input[name="trust"]`)))
	c.code(codeOf(t, key, 1))
	c.in()
	c.leave(d)

	c.enterAt(d, "Acme", p)
	c.in()
	c.open(d.provider("/account"))
	c.see("My settings")
	c.says("Trusted browsers", "Trusted browser")
	stranger := openChromium(t)
	stranger.enterAt(d, "Acme", p)
	stranger.on("Confirm that it is you")
	c.press("Forget all")
	c.on("My settings")
	c.leave(d)
	c.enterAt(d, "Acme", p)
	c.on("Confirm that it is you")
}
