package main_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// owner is somebody new who looks after a tenant, in a browser of their own, at the page with that heading.
func (d demonstration) owner(t *testing.T, tenant, page, heading string) *chromium {
	t.Helper()
	p, o := d.person(t, tenant, "olivia@"+tenant+".test", "--role", "owner"), openChromium(t)
	o.open(d.provider(page))
	o.prove(p)
	if strings.Contains(o.text(), "Choose a second step") {
		o.enrolApp()
	}
	o.on(heading)
	return o
}

// upstream signs in at the simulated Entra, from where a page leads to it.
func (c *chromium) upstream(directory, who string, boxes ...string) {
	c.t.Helper()
	c.await("Sign in at " + directory)
	c.account(who)
	for _, box := range boxes {
		c.tick(box)
	}
	c.press("Sign in")
}

// back waits for the sample application, where a script has led away from Entra.
func (c *chromium) back() {
	c.t.Helper()
	c.poll(`document.querySelector('h1') && /^(Allow |You are signed in)/.test(document.querySelector('h1').innerText)`, 30*time.Second)
	c.in()
}

// pick takes an option of a list.
func (c *chromium) pick(name, label string) {
	c.t.Helper()
	if !evaluate[bool](c, fmt.Sprintf(`(() => { const s = document.querySelector('select[name="%s"]'); const o = [...s.options].find(o => o.text.trim() === %q);
		if (o) { s.value = o.value; s.dispatchEvent(new Event('change', {bubbles: true})) } return !!o })()`, name, label)) {
		c.t.Fatalf("no %q in %s\n%s", label, name, c.where())
	}
}

// stand has the owner say what a sign-in at the connection on the page spares.
func (c *chromium) stand(mode string) {
	c.t.Helper()
	c.choose("mode", mode)
	c.press("Save second factor")
}

// Acme asks everybody for a second step, but nobody of Contoso's as long as its owner says so.
func TestR4R22OwnerSaysWhetherContosoIsAskedForASecondStep(t *testing.T) {
	d := show(t)
	t.Cleanup(func() {
		d.admin(t, "", "connection", "exempt", "--tenant", "acme", "Microsoft (Contoso)", "--mode", "skip")
	})
	with := openChromium(t)
	with.enterAt(d, "Acme", d.person(t, "acme", "lise@acme.test"))
	with.on("Choose a second step")
	with.says("Acme requires two-step sign-in")

	c := openChromium(t)
	c.open(d.app())
	c.press("Sign in at Acme")
	c.see("Sign in")
	c.press("Continue with Microsoft (Contoso)")
	c.upstream("Contoso", "kim@contoso.test")
	c.back()
	c.claims(map[string]string{"email": "kim@contoso.test", "acr": "urn:sallyport:acr:1fa", "tenant": "acme"})
	c.leave(d)

	kim := func() {
		t.Helper()
		c.open(d.app())
		c.press("Sign in without")
		c.typeInto("email", "kim@contoso.test")
		c.enter("email")
		c.await("Sign in at Contoso")
		c.press("Sign in") // Kim is picked already: the address was passed on
	}
	kim()
	c.back()
	c.leave(d)

	o := d.owner(t, "acme", "/admin/connections", "Connections")
	o.see("Connections")
	o.press("Microsoft (Contoso)")
	o.see("Connection")
	o.stand("local") // stricter than before: nothing to ask about
	o.on("Connection")
	o.says("The policy has been saved")
	kim()
	c.appears("Acme requires two-step sign-in")
	c.on("Choose a second step")
	c.not("Not now")

	o.stand("skip")
	o.see("Save this policy?")
	o.says("Whoever signs in with Microsoft (Contoso) is no longer asked for a second step")
	o.press("Save policy")
	o.on("Connection")
	o.says("The policy has been saved")
	kim()
	c.back()
	c.claims(map[string]string{"acr": "urn:sallyport:acr:1fa"})
}

// What Fabrikam proves passes at Globex; what it does not is asked for there once, and then here.
func TestR4R22EvidenceOfFabrikamPassesAndItsLackIsMadeGoodHere(t *testing.T) {
	d, c := show(t), openChromium(t)
	c.open(d.app())
	c.press("Sign in at Globex")
	c.press("Continue with Microsoft (Fabrikam)")
	c.upstream("Fabrikam", "omar@fabrikam.test", "mfa")
	c.back()
	c.claims(map[string]string{"email": "omar@fabrikam.test", "acr": "urn:sallyport:acr:aal2", "tenant": "globex"})
	if amr := c.claim("amr"); !strings.Contains(amr, "mfa") {
		t.Errorf("amr is %q", amr)
	}
	c.leave(d)

	c.press("Sign in with an account of fabrikam.test")
	c.upstream("Fabrikam", "omar@fabrikam.test")
	c.appears("The application asked for a second factor")
	c.tick("mfa")
	c.tick("acrs")
	c.press("Sign in")
	c.appears("Globex requires two-step sign-in")
	c.enrolApp()
	c.in()
	c.claims(map[string]string{"acr": "urn:sallyport:acr:aal2"})
}

// Somebody with a password connects an account at Microsoft, signs in with it, and takes it away again.
func TestR22PersonConnectsAnAccountUnderMySettingsAndDisconnectsIt(t *testing.T) {
	d, c := show(t), openChromium(t)
	p := d.person(t, "initech", "samir@initech.test")
	c.settings(d, p)
	c.enrolApp()
	c.on("My settings")
	c.says("No account is connected")
	c.press("Connect Microsoft")
	c.await("Pick an account")
	c.account("robin@contoso.test")
	c.press("Sign in")
	c.await("My settings")
	c.says("The account is connected")
	c.see("My settings")

	other := openChromium(t)
	other.open(d.app())
	other.press("Sign in at Initech")
	other.press("Continue with Microsoft")
	other.await("Pick an account")
	other.account("robin@contoso.test")
	other.press("Sign in")
	other.await("Confirm that it is you") // Initech asks here, always
	other.says(p.email)

	c.press("Disconnect")
	c.see("Remove Microsoft")
	c.press("Remove")
	c.on("My settings")
	c.says("The account is no longer connected", "No account is connected")
}

// facts are what stands behind the words on a page of terms.
func (c *chromium) facts() map[string]string {
	c.t.Helper()
	return evaluate[map[string]string](c, `Object.fromEntries([...document.querySelectorAll('dt')].map(e => [e.innerText, e.nextElementSibling.querySelector('code') ?
		e.nextElementSibling.querySelector('code').textContent : e.nextElementSibling.innerText]))`)
}

// An administrator connects a provider with what it gave out, tries it, and turns it off.
func TestR22AdministratorConnectsAnotherProviderTestsItAndTurnsItOff(t *testing.T) {
	d, c := show(t), openChromium(t)
	c.open(d.entra("/"))
	given, contoso := c.facts(), strings.Split(evaluate[string](c, `document.querySelector('section code').innerText`), "/")[3]
	slug, _ := d.tenant(t, "hooli")
	a := d.owner(t, slug, "/admin", "Administration")
	a.see("Administration")
	a.press("Connections")
	a.on("Connections")
	a.says("There are no connections yet")
	a.press("Microsoft Entra")
	a.on("Connection")
	a.typeInto("name", "Our Entra")
	a.typeInto("issuer", d.entra("/organizations/v2.0"))
	a.typeInto("client_id", given["Client ID"])
	a.do(chromedp.SendKeys(chromedp.CSS(`textarea[name="secret"]`), given["Client secret"]))
	a.press("Save connection")
	a.alerted("cannot be saved like this")
	a.says("directories must name somebody")
	a.see("Connection")
	a.typeInto("directories", contoso)
	a.do(chromedp.SendKeys(chromedp.CSS(`textarea[name="secret"]`), given["Client secret"]))
	a.press("Save connection")
	a.on("Connection")
	a.says("The connection has been saved", "One is stored and is never shown")
	if got := a.facts()["Redirect URI"]; !strings.HasPrefix(got, d.provider("/federation/")) {
		t.Errorf("the provider is to send people to %q", got)
	}
	a.press("Test this connection")
	a.await("Pick an account")
	a.account("nora@fabrikam.test")
	a.press("Sign in")
	a.await("Our Entra")
	a.says("admit") // Fabrikam is not in the list
	a.see("Our Entra")
	a.press("Test again")
	a.await("Pick an account")
	a.account("kim@contoso.test")
	a.press("Sign in")
	a.await("Our Entra")
	a.says("kim@contoso.test", "asked for here")
	a.press("Back")
	a.press("Turn this connection off")
	a.on("Turn Our Entra off?")
	a.press("Turn off")
	a.says("The connection has been turned off")
	a.not("Test this connection")
}
