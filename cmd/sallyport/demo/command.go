package demo

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"sallyport/cmd/sallyport/config"
)

const configFile = "config.yaml"

// describe writes the configuration that leads the administrator's commands to the demo.
func describe(c config.Config) error {
	// A string of Go's is one of YAML's, but for names that no file system of ours has.
	text := fmt.Sprintf("# Of the running demo, for sallyport --config. The simulated Entra is on the loopback address.\npublic_url: %s\ndata_dir: %s\noutbound:\n  allow:\n",
		strconv.Quote(c.PublicURL), strconv.Quote(c.DataDir))
	for _, network := range c.Outbound.Allow {
		text += "    - " + strconv.Quote(network.String()) + "\n"
	}
	if err := os.WriteFile(filepath.Join(c.DataDir, configFile), []byte(text), 0o600); err != nil {
		return fmt.Errorf("describe the demo to the administrator's commands: %w", err)
	}
	return nil
}

// command is how an administrator's command is typed while the demo runs.
func (d *demo) command(args string) string {
	return quoted(d.Program) + " --config " + quoted(filepath.Join(d.instance.Config.DataDir, configFile)) + " " + args
}

var harmless = regexp.MustCompile(`\A[A-Za-z0-9_./-]+\z`)

// quoted is one word for a shell.
func quoted(word string) string {
	if harmless.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
