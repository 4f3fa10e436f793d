package demo

import (
	"fmt"
	"slices"
	"strings"

	"sallyport/cmd/sallyport/demo/entra"
	"sallyport/mfa/totp"
)

// welcome is all a visitor has to know.
func (d *demo) welcome() {
	fmt.Fprintf(d.Out, "\n  Sample app   %s   <- begin here\n  Provider     %s   (%s/account: my settings)\n", origin(d.PortBase+1), origin(d.PortBase), origin(d.PortBase))
	fmt.Fprintf(d.Out, "  Entra        %s   (simulated: you pick who you are and what was done there)\n  Inbox        %s   (mails and texts that were sent)\n",
		origin(d.PortBase+2), origin(d.PortBase+3))
	for _, o := range organisations {
		fmt.Fprintf(d.Out, "\n  %s: %s\n", o.name, o.about)
		for _, p := range o.people {
			fmt.Fprintf(d.Out, "    %-20s %-24s %s\n", p.email, p.password, p.note)
		}
	}
	d.guests()
	fmt.Fprintf(d.Out, "\n  Codes of the authenticator apps: %s/codes\n  or, for grace@acme.test: oathtool --totp -b %s\n",
		origin(d.PortBase+1), strings.Join(totp.Groups(d.state.Seed), ""))
	d.backupCodes()
	fmt.Fprintf(d.Out, "  A code for somebody who lost everything, and more with admin --help:\n    %s\n\n  Ctrl-C stops.\n",
		d.command("admin access-code issue --tenant acme grace@acme.test"))
}

// guests are the people of the simulated Entra.
func (d *demo) guests() {
	fmt.Fprintln(d.Out, "\n  People of the simulated Entra, who need no password, and what the tenant makes of their sign-ins there")
	for _, o := range organisations {
		fmt.Fprintf(d.Out, "    %-58s  %s, %s\n", o.upstream.people(), o.name, o.upstream.note)
	}
}

// people are those of the one directory, or a word for all.
func (u upstream) people() string {
	var names []string
	for _, directory := range entra.Directories() {
		for _, p := range directory.People {
			if directory.ID == u.authority {
				names = append(names, p.Address)
			}
		}
	}
	if len(names) == 0 {
		return "all of these, but nobody with a personal account"
	}
	return strings.Join(names, ", ")
}

// backupCodes: the state of a demo that is older than they are has none.
func (d *demo) backupCodes() {
	if len(d.state.BackupCodes) == 0 {
		return
	}
	fmt.Fprintln(d.Out, "  Her backup codes, each good once:")
	for row := range slices.Chunk(d.state.BackupCodes, 5) {
		fmt.Fprintln(d.Out, "    "+strings.Join(row, " "))
	}
}
