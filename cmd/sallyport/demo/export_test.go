package demo

// Quoted makes one word of it for a shell.
var Quoted = quoted
