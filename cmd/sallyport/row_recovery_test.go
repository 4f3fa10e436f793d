package main_test

import (
	"testing"
)

func TestR1AccessCodeOfAnAdministratorStandsInForALostPhone(t *testing.T) {
	d := show(t)
	c := openChromium(t)
	m := shown.FindStringSubmatch(d.admin(t, "", "access-code", "issue", "--tenant", "acme", grace.email))
	if m == nil {
		t.Fatal("no code was printed")
	}
	c.enterAt(d, "Acme", grace)
	c.see("Confirm that it is you")
	c.others("Access code from your administrator")
	c.see("Confirm that it is you")
	c.says("Enter the access code that your administrator gave you")
	c.code("AAAA-BBBB-CCCC")
	c.alerted("not right")
	c.code(" " + m[1] + " ") // pasted, with what stood around it
	c.in()
	if got := c.claim("acr"); got != "urn:sallyport:acr:2sv" {
		t.Errorf("acr is %q", got)
	}
	d.mail(t, grace.email, "signed in to your account at Acme with an access code", 0)
}

func TestR2ResetLeavesThePasswordWhereASecondStepIsOptional(t *testing.T) {
	d := show(t)
	c := openChromium(t)
	p := d.person(t, "globex", "hedy@globex.test")
	c.settings(d, p)
	c.press("Add a second step")
	c.enrolApp()
	c.on("My settings")
	d.admin(t, "", "user", "reset-factors", "--tenant", "globex", p.email)
	c.settings(d, p) // the reset ended the session
	c.on("My settings")
	c.says("no second step yet")
	d.mail(t, p.email, "has removed all second steps", 0)
}

func TestR2ResetForcesEnrolmentWhereASecondStepIsRequired(t *testing.T) {
	d := show(t)
	c := openChromium(t)
	p := d.person(t, "acme", "hedy@acme.test")
	c.settings(d, p)
	c.enrolApp()
	c.on("My settings")
	d.admin(t, "", "user", "reset-factors", "--tenant", "acme", p.email)
	c.settings(d, p)
	c.on("Choose a second step")
	c.says("Acme requires two-step sign-in")
	c.not("Not now")
	c.enrolApp()
	c.on("My settings")
}

func TestForgottenPasswordIsSetAnewByMailAndTheSecondStepStays(t *testing.T) {
	d := show(t)
	c := openChromium(t)
	p := d.person(t, "acme", "mileva@acme.test")
	c.enterAt(d, "Acme", p)
	key := c.enrolApp()
	c.in()
	c.leave(d)

	c.press("Sign in at Acme")
	c.typeInto("email", p.email)
	c.enter("email")
	c.press("Forgotten your password?")
	c.see("Get a new password")
	c.press("Send the link")
	c.see("Look in your mailbox")
	_, text := d.mail(t, p.email, "sets a new password", 0)
	c.open(link(t, text))
	c.see("Choose a new password")
	c.typeInto("password", "short")
	evaluate[int](c, `document.querySelector('form').noValidate = true, 0`)
	c.enter("password")
	c.alerted("at least 8 characters")
	p.password = "mileva-finds-another"
	c.typeInto("password", p.password)
	c.enter("password")
	c.see("Password changed")

	c.enterAt(d, "Acme", p)
	c.on("Confirm that it is you")
	c.code(codeOf(t, key, 1))
	c.in()
	d.mail(t, p.email, "has been set", 0)
	c.open(link(t, text))
	c.see("This link no longer works")
}

func TestThisWasNotMeStopsAllChanges(t *testing.T) {
	d := show(t)
	c := openChromium(t)
	p := d.person(t, "globex", "rosalind@globex.test")
	c.settings(d, p)
	c.press("Change password")
	c.see("Choose a new password")
	p.password = "somebody-else-chose-this"
	c.typeInto("password", p.password)
	c.enter("password")
	c.on("My settings")
	c.says("Your password has been changed")

	_, text := d.mail(t, p.email, "The old one no longer works", 0)
	c.open(link(t, text))
	c.see("Was it not you?")
	c.press("This was not me")
	c.see("We have stopped changes")
	c.settings(d, p) // it signed out everywhere
	c.see("My settings")
	c.says("Somebody reported that a change to this account was not theirs")
	c.not("Change password", "Change e-mail address", "Add a second step")

	d.admin(t, "", "user", "unfreeze", "--tenant", "globex", p.email)
	c.open(d.provider("/account"))
	c.says("Change password", "Add a second step")
}
