module.exports = { title: 'A', url: 'https://www.example.org' };
