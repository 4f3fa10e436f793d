package demo

import (
	"fmt"
	"slices"
	"strings"

	"sallyport/mfa/totp"
)

// welcome is all a visitor has to know.
func (d *demo) welcome() {
	fmt.Fprintf(d.Out, "\n  Sample app   %s   <- begin here\n  Provider     %s   (%s/account: my settings)\n  Inbox        %s   (mails and texts that were sent)\n",
		origin(d.PortBase+1), origin(d.PortBase), origin(d.PortBase), origin(d.PortBase+3))
	for _, o := range organisations {
		fmt.Fprintf(d.Out, "\n  %s: %s\n", o.name, o.about)
		for _, p := range o.people {
			fmt.Fprintf(d.Out, "    %-20s %-24s %s\n", p.email, p.password, p.note)
		}
	}
	fmt.Fprintf(d.Out, "\n  Codes of the authenticator apps: %s/codes\n  or, for grace@acme.test: oathtool --totp -b %s\n",
		origin(d.PortBase+1), strings.Join(totp.Groups(d.state.Seed), ""))
	d.backupCodes()
	fmt.Fprintf(d.Out, "  A code for somebody who lost everything, and more with admin --help:\n    %s\n\n  Ctrl-C stops.\n",
		d.command("admin access-code issue --tenant acme grace@acme.test"))
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
